// Draws one chart of a report. Kinds of lines and points tell series apart without colour, and what nobody knows is a gap.
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

// What people hear who do not see the chart.
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

export function draw(canvas, chart, { ink, line, ...more }) {
  const lying = chart.kind === "range" || (chart.kind === "bar" && window.innerWidth < 600 && chart.labels.length < 12);
  const sets = datasets(chart);
  const axis = { ticks: { color: ink }, grid: { color: line }, beginAtZero: chart.kind !== "line" };
  canvas.setAttribute("aria-label", told(chart));
  return new Chart(canvas, {
    type: chart.kind === "line" ? "line" : "bar",
    data: { labels: chart.labels, datasets: sets },
    options: {
      indexAxis: lying ? "y" : "x",
      maintainAspectRatio: false,
      scales: { x: axis, y: axis },
      plugins: {
        legend: { display: sets.length > 1, labels: { color: ink, usePointStyle: true } },
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
