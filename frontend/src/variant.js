// Two helps on the pages of variants; both pages work without them.
//
// 1. The editor: the writing desk (desk/desk.js).
// 2. All variants of a story: moves the progress bars while media is being made, then shows the result.

import { Desk } from './desk/desk.js'

const WAIT_MS = 1500

// Wagtail fills the parts after the page has loaded; the desk begins when they are there.
function startDesk(element) {
  const ready = () => element.querySelector('#parts-root')?.rootBlock
  if (ready()) return new Desk(element)
  const watch = new MutationObserver(() => {
    if (!ready()) return
    watch.disconnect()
    new Desk(element)
  })
  return watch.observe(element, { childList: true, subtree: true, attributes: true })
}

async function follow(board) {
  const answer = await fetch(board.dataset.progressUrl, { headers: { Accept: 'application/json' } })
  if (!answer.ok) return
  const { variants, finished } = await answer.json()
  let changed = false
  for (const variant of variants) {
    const box = board.querySelector(`[data-variant="${variant.id}"]`)
    const bar = box?.querySelector('progress[data-whole]')
    if (!bar) continue
    bar.value = variant.percent
    if (variant.words) {
      box.querySelector('[data-words]').textContent = variant.words // one file on the page of files
      if (!variant.waiting) changed = true
      continue
    }
    box.querySelector('[data-count]').textContent = `${variant.done} of ${variant.total}`
    for (const medium of variant.media) {
      const line = medium.key && box.querySelector(`[data-render="${medium.key}"]`)
      if (!line || medium.state !== 'rendering') continue
      line.querySelector('progress').value = medium.percent
      line.querySelector('[data-words]').textContent = medium.words
    }
    if (!variant.waiting) changed = true
  }
  if (finished || changed) window.location.reload()
  else setTimeout(() => follow(board).catch(() => {}), WAIT_MS)
}

function start() {
  const desk = document.querySelector('[data-desk]')
  if (desk) startDesk(desk)
  const board = document.querySelector('[data-progress-url][data-waiting]')
  if (!board) return
  for (const link of board.querySelectorAll('[data-reload]')) link.hidden = true
  setTimeout(() => follow(board).catch(() => {}), WAIT_MS)
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start)
else start()
