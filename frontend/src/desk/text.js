// Browsers count UTF-16 units, the server counts code points. Lines end in one character on both sides.

export function codePoints(text, units) {
  return Array.from(text.slice(0, units).replace(/\r\n?/g, '\n')).length
}

// The server trims what is posted; a cursor behind leading white space moves with it.
export function placeInTrimmed(text, units) {
  const lead = text.length - text.trimStart().length
  return codePoints(text.trimStart(), Math.max(0, units - lead))
}

export function countWords({ count, limit, unit, over }) {
  return `${count} / ${limit} ${unit}${over ? `: ${over} too many` : ''}`
}

// Ids in a new order, or other ids: the parts were rearranged. Typing changes none.
export function rearranged(before, after) {
  return before.length !== after.length || before.some((id, place) => id !== after[place])
}
