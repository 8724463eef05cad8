// A report for paper: the chart that is chosen on the screen is printed, in the size it has on paper; so is none.
import { draw, isHatched } from "./charts/draw.js";
import "./print.js";

const figure = document.querySelector("[data-chart]");
if (figure) {
  const charts = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const which = figure.querySelector("select");
  const canvas = figure.querySelector("canvas");
  const title = figure.querySelector("[data-title]");
  const hatched = figure.querySelector("[data-hatched]");
  let shown;
  const show = () => {
    shown?.destroy();
    const chart = charts[which.value];
    figure.classList.toggle("none", !chart);
    hatched.hidden = !chart || !isHatched(chart);
    title.textContent = chart ? `${chart.title}${chart.unit ? `, ${chart.unit}` : ""}` : "";
    if (chart) shown = draw(canvas, chart, { ink: "#111", line: "#ccc", animation: false, devicePixelRatio: 2 });
  };
  figure.hidden = false;
  which.addEventListener("change", show);
  window.addEventListener("beforeprint", () => shown?.resize(900, Math.max(280, canvas.parentElement.clientHeight)));
  window.addEventListener("afterprint", () => shown?.resize());
  show();
}
