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

import { datasets, gaps, pointed, told } from "./data.js";
import { fitted, wrapped } from "./labels.js";

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

const DASHES = 40; // bars that have room for a dash each; among more of them whole stretches are hatched

// Whether a chart has stretches that are hatched, which wants a word beside it.
export const isHatched = (chart) =>
  chart.kind === "bar" && chart.labels.length > DASHES && chart.series.some((series) => gaps(series.values).length > 0);

// A stretch over the whole height, so that it is seen between bars that are a pixel high as well.
function hatch(chart, values, colour) {
  const { ctx: pen, chartArea: area, scales } = chart;
  const half = (scales.x.getPixelForValue(1) - scales.x.getPixelForValue(0)) / 2;
  pen.save();
  pen.globalAlpha = 0.35;
  pen.fillStyle = filling("rising", colour);
  for (const [from, to] of gaps(values)) {
    const left = Math.max(area.left, scales.x.getPixelForValue(from) - half);
    const right = Math.min(area.right, scales.x.getPixelForValue(to) + half);
    pen.fillRect(left, area.top, right - left, area.bottom - area.top);
  }
  pen.restore();
}

// A sign where nobody told a number, so that it does not look like a zero.
const unknown = {
  id: "unknown",
  afterDatasetsDraw(chart, _, { colour }) {
    const pen = chart.ctx;
    chart.data.datasets.forEach((set, at) => {
      if (chart.getDatasetMeta(at).type !== "bar") return;
      if (set.data.length > DASHES) {
        hatch(chart, set.data, colour);
        return;
      }
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

const LINES = 3; // of a name beside a bar
const FEW = 12; // bars that have room for their names
const MANY = 40; // names that stand one below the other on a phone, where they are
const LONG = 16; // letters, more than a day or an hour has
const BAR_PX = 24;
const LINE_PX = 15;
const AROUND_PX = 72; // legend and the axis of numbers

function measured(pen, weight = "") {
  const { size, family } = Chart.defaults.font;
  return (text) => {
    pen.font = `${weight} ${size}px ${family}`.trim();
    return pen.measureText(text).width;
  };
}

// How wide a name may be: an axis at the side gets at most half of the chart.
const room = (width, bars, lying) => (lying ? Math.min(width * 0.42, 260) : Math.max(64, width / bars - 12));

// Where bars lie they want more height the more of them there are, and the more lines their names have.
function grow(holder, labels, measure) {
  const width = room(holder.clientWidth, labels.length, true);
  const lines = labels.map((label) => fitted(label, width, measure, LINES).length);
  const wanted = lines.reduce((sum, count) => sum + Math.max(BAR_PX, count * LINE_PX + 6), AROUND_PX);
  holder.style.height = "";
  if (wanted > holder.clientHeight) holder.style.height = `${wanted}px`;
}

export function draw(canvas, chart, { ink, line, ...more }) {
  const few = chart.labels.length < FEW;
  const wordy = chart.labels.length <= MANY && chart.labels.some((label) => label.length > LONG);
  const lying = chart.kind === "range" || (chart.kind === "bar" && window.innerWidth < 600 && (few || wordy));
  const named = lying || (chart.kind === "bar" && few);
  const pen = document.createElement("canvas").getContext("2d");
  const measure = measured(pen);
  canvas.parentElement.style.height = "";
  if (lying) grow(canvas.parentElement, chart.labels, measure);
  const sets = datasets(chart);
  if (chart.kind === "bar" && sets.length > 1) {
    for (const set of sets) set.backgroundColor = filling(set.pattern, set.borderColor);
  }
  const whole = chart.kind !== "range" && chart.series.every(({ values }) => values.every((v) => v == null || Number.isInteger(v)));
  const axis = { ticks: { color: ink, ...(whole && { precision: 0 }) }, grid: { color: line }, beginAtZero: chart.kind !== "line" };
  const name = named && {
    autoSkip: false,
    callback(value) {
      return fitted(this.getLabelForValue(value), room(this.chart.width, chart.labels.length, lying), measure, LINES);
    },
  };
  const names = { ...axis, ticks: { ...axis.ticks, ...name } };
  canvas.setAttribute("aria-label", told(chart));
  return new Chart(canvas, {
    type: chart.kind === "line" ? "line" : "bar",
    data: { labels: chart.labels, datasets: sets },
    plugins: [unknown],
    options: {
      indexAxis: lying ? "y" : "x",
      maintainAspectRatio: false,
      scales: lying ? { x: axis, y: names } : { x: names, y: axis },
      plugins: {
        unknown: { colour: ink },
        legend: { display: sets.length > 1, labels: { color: ink, usePointStyle: chart.kind !== "bar" } },
        tooltip: {
          callbacks: {
            title: ([item]) => wrapped(item.label, item.chart.width - 40, measured(pen, "bold")),
            label: (item) => pointed(item.dataset.label, item.raw, chart.unit),
          },
        },
      },
      ...more,
    },
  });
}
