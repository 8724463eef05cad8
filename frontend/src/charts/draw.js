// Draws one chart of a report.
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

import { datasets, told } from "./data.js";

Chart.register(
  BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip,
);

// Fillings that differ without colour.
const strokes = {
  hollow: [],
  rising: [[0, 8, 8, 0]],
  lying: [[0, 4, 8, 4]],
  crossed: [[0, 8, 8, 0], [0, 0, 8, 8]],
};

function filling(pattern, colour) {
  const lines = strokes[pattern];
  if (!lines) return colour;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  for (const [x1, y1, x2, y2] of lines) {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat");
}

// A word where nobody told a number, so that it does not look like a zero.
const unknown = {
  id: "unknown",
  afterDatasetsDraw(chart, _, { colour }) {
    const pen = chart.ctx;
    chart.data.datasets.forEach((set, at) => {
      if (chart.getDatasetMeta(at).type !== "bar" || set.data.length > 40) return;
      set.data.forEach((value, n) => {
        if (value != null) return;
        const place = chart.getDatasetMeta(at).data[n];
        const lying = chart.options.indexAxis === "y";
        const x = lying ? chart.scales.x.getPixelForValue(0) + 8 : place.x;
        const y = lying ? place.y : chart.scales.y.getPixelForValue(0) - 8;
        pen.save();
        pen.fillStyle = colour;
        pen.textAlign = lying ? "left" : "center";
        pen.textBaseline = "middle";
        pen.fillText("–", x, y);
        pen.restore();
      });
    });
  },
};

export function draw(canvas, chart, { ink, line, ...more }) {
  const lying = chart.kind === "range" || (chart.kind === "bar" && window.innerWidth < 600 && chart.labels.length < 12);
  const sets = datasets(chart);
  if (chart.kind === "bar" && sets.length > 1) {
    for (const set of sets) set.backgroundColor = filling(set.pattern, set.borderColor);
  }
  const axis = { ticks: { color: ink }, grid: { color: line }, beginAtZero: chart.kind !== "line" };
  canvas.setAttribute("aria-label", told(chart));
  return new Chart(canvas, {
    type: chart.kind === "line" ? "line" : "bar",
    data: { labels: chart.labels, datasets: sets },
    plugins: [unknown],
    options: {
      indexAxis: lying ? "y" : "x",
      maintainAspectRatio: false,
      scales: { x: axis, y: axis },
      plugins: {
        unknown: { colour: ink },
        legend: { display: sets.length > 1, labels: { color: ink, usePointStyle: chart.kind !== "bar" } },
        tooltip: {
          callbacks: {
            label: (item) =>
              `${item.dataset.label}: ${Array.isArray(item.raw) ? item.raw.join(" to ") : item.formattedValue} ${chart.unit}`,
          },
        },
      },
      ...more,
    },
  });
}
