// Charts over the tables of a report. The table is the truth; this only draws it. Kinds of lines and points tell series
// apart without colour, and what nobody knows is a gap.
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";

Chart.register(
  BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip,
);

const looks = [
  { colour: "#0d7680", dash: [], point: "circle" },
  { colour: "#b45309", dash: [6, 4], point: "rectRot" },
  { colour: "#7c3aed", dash: [2, 3], point: "triangle" },
];
const FEW = 3; // told of one by one to people who hear the page

function datasets(chart) {
  if (chart.kind === "range") {
    const [series] = chart.series;
    return [
      {
        label: "Middle half",
        data: series.values.map((v) => v && [v[0], v[2]]),
        backgroundColor: "#0d768080",
        maxBarThickness: 28,
        order: 2,
      },
      {
        type: "line",
        label: "Median",
        data: series.values.map((v) => v && v[1]),
        showLine: false,
        pointStyle: "rectRot",
        pointRadius: 7,
        pointBackgroundColor: "#b45309",
        pointBorderColor: "#ffffff",
        order: 1,
      },
    ];
  }
  return chart.series.map((series, at) => {
    const look = looks[at % looks.length];
    return {
      label: series.label,
      data: series.values,
      backgroundColor: look.colour,
      borderColor: look.colour,
      borderDash: look.dash,
      pointStyle: look.point,
      pointRadius: series.values.length > 60 ? 0 : 3,
      maxBarThickness: 72,
      spanGaps: false,
    };
  });
}

function told(chart) {
  const of = (series) => chart.labels.map((label, at) => [label, series.values[at]]).filter(([, value]) => value != null);
  const words = chart.series.map((series) => {
    const all = of(series);
    const value = (v) => (Array.isArray(v) ? v[1] : v);
    const shown = all.length > 2 * FEW ? [...all.slice(0, FEW), ...all.slice(-FEW)] : all;
    return `${series.label}: ${shown.map(([label, v]) => `${label} ${value(v)}`).join(", ") || "nobody told it"}`;
  });
  return `${chart.title}. ${words.join("; ")}. All of it stands in the table.`;
}

class ChartController extends window.StimulusModule.Controller {
  static targets = ["canvas", "which"];
  static values = { source: String };

  connect() {
    this.charts = JSON.parse(document.getElementById(this.sourceValue).textContent);
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
    const chart = this.charts[Number(this.whichTarget.value)];
    this.canvasTarget.setAttribute("aria-label", told(chart));
    const lying = chart.kind === "range" || (chart.kind === "bar" && window.innerWidth < 600 && chart.labels.length < 12);
    const sets = datasets(chart);
    this.chart?.destroy();
    this.chart = new Chart(this.canvasTarget, {
      type: chart.kind === "line" ? "line" : "bar",
      data: { labels: chart.labels, datasets: sets },
      options: {
        indexAxis: lying ? "y" : "x",
        maintainAspectRatio: false,
        animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 200 },
        scales: {
          x: { ticks: { color: ink }, grid: { color: line }, beginAtZero: chart.kind !== "line" },
          y: { ticks: { color: ink }, grid: { color: line }, beginAtZero: chart.kind !== "line" },
        },
        plugins: {
          legend: { display: sets.length > 1, labels: { color: ink, usePointStyle: true } },
          tooltip: {
            callbacks: {
              label: (item) =>
                `${item.dataset.label}: ${Array.isArray(item.raw) ? item.raw.join(" to ") : item.formattedValue} ${chart.unit}`,
            },
          },
        },
      },
    });
  }
}

window.wagtail.app.register("hustings-chart", ChartController);
