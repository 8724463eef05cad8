// Names beside the bars of a chart: broken into lines that fit, and shortened only where even those do not suffice. The
// whole name stands in the tooltip and in the table.
const segmenter = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "grapheme" });
const letters = (text) => (segmenter ? [...segmenter.segment(text)].map(({ segment }) => segment) : [...text]);

// The words of a text, those that are wider than a line broken where they must be.
function pieces(text, width, measure) {
  const found = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    let part = "";
    for (const letter of letters(word)) {
      if (part && measure(part + letter) > width) {
        found.push({ text: part, glued: true });
        part = letter;
      } else part += letter;
    }
    found.push({ text: part, glued: false });
  }
  return found;
}

// As few lines as hold the text, none wider than `width`. `measure(text)` tells how wide it is drawn.
export function wrapped(text, width, measure) {
  const lines = [];
  let line = "";
  let gap = "";
  for (const piece of pieces(text, width, measure)) {
    const longer = line + gap + piece.text;
    if (line && measure(longer) > width) {
      lines.push(line);
      line = piece.text;
    } else line = longer;
    gap = piece.glued ? "" : " ";
  }
  return line ? [...lines, line] : lines;
}

// The same in at most so many lines; an ellipsis says that something is missing.
export function fitted(text, width, measure, most) {
  const lines = wrapped(text, width, measure);
  if (lines.length <= most) return lines;
  const kept = lines.slice(0, most);
  let last = letters(kept[most - 1]);
  while (last.length && measure(`${last.join("").trimEnd()}…`) > width) last = last.slice(0, -1);
  kept[most - 1] = `${last.join("").trimEnd()}…`;
  return kept;
}
