// Charts over the tables of a report. The table is the truth; this only draws it.
import { draw, isHatched } from "./charts/draw.js";

class ChartController extends window.StimulusModule.Controller {
  static targets = ["canvas", "which", "hatched"];
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
    const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
    const chart = this.charts[Number(this.whichTarget.value)];
    this.chart?.destroy();
    this.hatchedTarget.hidden = !isHatched(chart);
    this.chart = draw(this.canvasTarget, chart, {
      ink: colour("--w-color-text-label", "#333"),
      line: colour("--w-color-border-furniture", "#ccc"),
      animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 200 },
    });
  }
}

window.wagtail.app.register("hustings-chart", ChartController);
