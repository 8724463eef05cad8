// Bars over the report's table. The table is the truth; this only draws it.
import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from "chart.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

const colours = { x: "#64748b", facebook: "#2563eb", instagram: "#db2777" };

class ChartController extends window.StimulusModule.Controller {
  static targets = ["canvas", "metric"];
  static values = { source: String };

  connect() {
    this.data_ = JSON.parse(document.getElementById(this.sourceValue).textContent);
    this.element.hidden = false;
    this.draw();
  }

  disconnect() {
    this.chart?.destroy();
  }

  draw() {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--w-color-text-label").trim() || "#333";
    const line = style.getPropertyValue("--w-color-border-furniture").trim() || "#ccc";
    const at = Number(this.metricTarget.value);
    const metric = this.data_.metrics[at];
    const told = this.data_.series.filter((s) => s.values[at] !== null);
    this.canvasTarget.setAttribute(
      "aria-label",
      `${metric.label}: ${told.map((s) => `${s.label} ${s.values[at]}`).join(", ") || "not told by any network"}`,
    );
    const narrow = window.innerWidth < 600;
    this.chart?.destroy();
    this.chart = new Chart(this.canvasTarget, {
      type: "bar",
      data: {
        labels: told.map((s) => (narrow ? s.label.split(" · ") : s.label)),
        datasets: [
          {
            label: metric.label,
            data: told.map((s) => s.values[at]),
            backgroundColor: told.map((s) => colours[s.platform] || "#0b5c63"),
            maxBarThickness: 72,
          },
        ],
      },
      options: {
        indexAxis: narrow ? "y" : "x",
        maintainAspectRatio: false,
        animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 200 },
        scales: {
          x: { ticks: { color: ink }, grid: { color: line }, beginAtZero: true },
          y: { ticks: { color: ink }, grid: { color: line }, beginAtZero: true },
        },
        plugins: { legend: { display: false } },
      },
    });
  }
}

window.wagtail.app.register("hustings-chart", ChartController);
