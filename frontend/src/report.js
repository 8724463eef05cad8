// Charts over the tables of a report. The table is the truth; this only draws it.
import { draw } from "./charts/draw.js";

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
    const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.chart?.destroy();
    this.chart = draw(this.canvasTarget, this.charts[Number(this.whichTarget.value)], {
      ink: colour("--w-color-text-label", "#333"),
      line: colour("--w-color-border-furniture", "#ccc"),
      animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 200 },
    });
  }
}

window.wagtail.app.register("hustings-chart", ChartController);
