// What a chart of a report is drawn from. Series are told apart without colour, and what nobody knows stays null: a gap.
export const looks = [
  { colour: "#0d7680", dash: [], point: "circle", pattern: "full" },
  { colour: "#b45309", dash: [6, 4], point: "rectRot", pattern: "hollow" },
  { colour: "#7c3aed", dash: [2, 3], point: "triangle", pattern: "rising" },
  { colour: "#be185d", dash: [10, 3, 2, 3], point: "cross", pattern: "lying" },
  { colour: "#3f6212", dash: [1, 5], point: "rect", pattern: "crossed" },
];
const FEW = 3; // told of one by one to people who hear the page
const MANY = 60; // points of a line that are each drawn

export function datasets(chart) {
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
    const every = Math.max(1, Math.ceil(series.values.length / 20));
    const sparse = series.values.length > MANY;
    return {
      label: series.label,
      data: series.values,
      backgroundColor: look.colour,
      borderColor: look.colour,
      borderDash: look.dash,
      borderWidth: 2,
      pattern: look.pattern,
      pointStyle: look.point,
      pointRadius: ({ dataIndex }) => (sparse && (dataIndex + at) % every ? 0 : 3),
      maxBarThickness: 72,
      spanGaps: false,
    };
  });
}

// The stretches for which nobody told a number, each from its first place to its last.
export function gaps(values) {
  const found = [];
  values.forEach((value, at) => {
    if (value != null) return;
    const last = found[found.length - 1];
    if (last && last[1] === at - 1) last[1] = at;
    else found.push([at, at]);
  });
  return found;
}

// A number as people read it: whole ones with all their digits, of others four that count.
export function written(value) {
  if (value == null) return "–";
  const whole = Number.isInteger(value) || Math.abs(value) >= 1000;
  return value.toLocaleString(undefined, whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 });
}

// What stands beside the pointer.
export const pointed = (label, value, unit) =>
  `${label}: ${[value].flat().map(written).join(" to ")} ${unit}`.trim();

// What people hear who do not see the chart.
export function told(chart) {
  const of = (series) => chart.labels.map((label, at) => [label, series.values[at]]).filter(([, value]) => value != null);
  const words = chart.series.map((series) => {
    const all = of(series);
    const value = (v) => written(Array.isArray(v) ? v[1] : v);
    const shown = all.length > 2 * FEW ? [...all.slice(0, FEW), ...all.slice(-FEW)] : all;
    return `${series.label}: ${shown.map(([label, v]) => `${label} ${value(v)}`).join(", ") || "nobody told it"}`;
  });
  return `${chart.title}. ${words.join("; ")}. All of it stands in the table.`;
}
