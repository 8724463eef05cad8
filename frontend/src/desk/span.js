// Whether a passage can be used, and how times are written. Plain numbers in seconds; knows no page.

const SLACK_S = 0.05

export const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`

// What is wrong, and the field to mend it in; null where nothing is. `cover` is null where none was chosen.
export function trouble({ start, end, cover, whole, longest, shortest }) {
  const length = end - start
  if (start < 0) return { words: 'The passage begins at 0 s or later.', field: 'start' }
  if (end > whole + SLACK_S) return { words: `There are only ${whole.toFixed(1)} s. Let the passage end earlier.`, field: 'end' }
  if (!(length > 0)) return { words: 'The passage ends before it begins.', field: 'end' }
  if (length > longest + SLACK_S) return { words: `${length.toFixed(1)} s are too long: at most ${longest} s fit.`, field: 'end' }
  if (length < shortest) return { words: `${length.toFixed(1)} s are too short: at least ${shortest} s are needed.`, field: 'end' }
  if (isOutside(cover, start, end)) {
    return { words: `The cover picture, at ${clock(cover)}, is not in the passage. Choose another moment or empty the field.`, field: 'cover' }
  }
  return null
}

export function isOutside(cover, start, end) {
  return cover !== null && (cover < start || cover > end)
}

// How a sentence lies to a passage: 'in' it, 'torn' by one of its ends, or '' outside.
export function lies([from, to], start, end) {
  const tears = (edge) => from < edge - SLACK_S && to > edge + SLACK_S
  if (from >= start - SLACK_S && to <= end + SLACK_S) return 'in'
  return tears(start) || tears(end) ? 'torn' : ''
}
