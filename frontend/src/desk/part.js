// What stands under a part and beside its pictures: count, where it came from, findings, buttons.

import { countWords } from './text.js'

const TOOLS = [
  ['split', 'Split at the cursor', 'Alt+Shift+Enter'],
  ['join', 'Join with the next', 'Alt+Shift+J'],
  ['move', 'Move up', 'Alt+Shift+ArrowUp', -1],
  ['move', 'Move down', 'Alt+Shift+ArrowDown', 1],
  ['add', 'Add a part below'],
  ['pick', 'Add a picture…'],
  ['remove', 'Remove'],
]

export function paintPart(desk, child, said, { place, total }) {
  const root = child.element
  const text = root.querySelector('[data-contentpath="text"]')
  if (!text) return
  const box = made(text, 'desk-part', () => tools(desk))
  box.dataset.part = child.id
  count(box, said, root.querySelector('[data-contentpath="text"] textarea'), child.id)
  origins(box.querySelector('[data-origins]'), said.origins)
  html(box.querySelector('[data-found]'), said.found)
  const group = box.querySelector('.desk-tools')
  group.setAttribute('aria-label', total > 1 ? `Part ${place + 1} of ${total}` : 'The part')
  for (const button of group.children) {
    button.hidden = !offered(desk, button.dataset, total)
    button.disabled = !possible(desk, button.dataset, { place, total, media: child.block.childBlocks.media.children.length })
  }
  const parts = total > 1 ? `Part ${place + 1} of ${total}` : 'Text'
  root.querySelector('[data-contentpath="text"] textarea')?.setAttribute('aria-label', parts)
  for (const item of child.block.childBlocks.media.children) {
    if (said.media[item.id]) paintMedium(desk, child.id, item, said.media[item.id])
  }
}

function offered(desk, { do: name }, total) {
  if (desk.locked) return false
  if (name === 'split' || name === 'add') return desk.most.parts > 1
  if (name === 'pick') return desk.takesPictures
  return total > 1 || desk.most.parts > 1
}

function possible(desk, { do: name, by }, { place, total, media }) {
  if (name === 'join') return place + 1 < total
  if (name === 'move') return by === '-1' ? place > 0 : place + 1 < total
  if (name === 'remove') return total > 1
  if (name === 'pick') return media < desk.most.media
  return true
}

function tools(desk) {
  const box = document.createElement('div')
  box.className = 'desk-part'
  box.innerHTML = `<p class="desk-count" data-count></p><p class="variant-sources" data-origins></p>
    <div class="desk-found" data-found></div><div class="desk-tools" role="group"></div>`
  const group = box.querySelector('.desk-tools')
  group.hidden = desk.locked
  for (const [name, label, keys, by] of TOOLS) group.append(tool(name, label, keys, by))
  return box
}

function tool(name, label, keys, by) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button button-small button-secondary'
  button.dataset.do = name
  if (by) button.dataset.by = by
  if (keys) button.setAttribute('aria-keyshortcuts', keys)
  button.textContent = label
  return button
}

function count(box, said, text, id) {
  const line = box.querySelector('[data-count]')
  line.id = `desk-count-${id}`
  write(line, countWords(said))
  line.classList.toggle('variant-over', said.over > 0)
  line.style.setProperty('--desk-full', `${Math.min(100, (100 * said.count) / said.limit)}%`)
  describe(text, line.id)
}

function paintMedium(desk, part, item, said) {
  const root = item.element
  const alt = root.querySelector('[data-contentpath="alt"]')
  if (!alt) return
  const box = made(alt, 'desk-medium', picture, 'before')
  box.dataset.part = part
  box.dataset.medium = item.id
  draw(box, said)
  const before = item.block.childBlocks.before.getValue()
  const button = (name) => box.querySelector(`[data-do="${name}"]`)
  button('pick').hidden = desk.locked || said.video
  button('pick').textContent = said.croppable ? 'Replace or crop…' : 'Replace…'
  button('passage').hidden = desk.locked || !said.cuttable
  button('back').hidden = desk.locked || !before || before === item.block.childBlocks.key.getValue()
  const line = made(alt, 'desk-alt-count', () => Object.assign(document.createElement('p'), { className: 'desk-alt-count' }))
  line.id = `desk-alt-${item.id}`
  write(line, said.alt_limit === null ? `${said.alt_count} characters` : `${said.alt_count} / ${said.alt_limit} characters`)
  line.classList.toggle('variant-over', said.alt_limit !== null && said.alt_count > said.alt_limit)
  describe(alt.querySelector('textarea'), line.id)
}

function picture() {
  const box = document.createElement('div')
  box.className = 'desk-medium'
  box.innerHTML = `<div class="desk-thumb" data-thumb></div><div><p class="desk-role" data-role></p><p class="variant-sources" data-origins></p>
    <p class="desk-tools"></p><div class="desk-found" data-found></div></div>`
  box.querySelector('.desk-tools').append(tool('pick', 'Replace…'), tool('passage', 'Choose the passage…'), tool('back', 'Use the one from before'))
  return box
}

function draw(box, said) {
  write(box.querySelector('[data-role]'), said.role ? said.role[0].toUpperCase() + said.role.slice(1) : 'Picture')
  origins(box.querySelector('[data-origins]'), said.origins)
  html(box.querySelector('[data-found]'), said.found)
  const thumb = box.querySelector('[data-thumb]')
  const shown = said.thumbnail || `${said.state} ${said.progress}`
  if (thumb.dataset.shown === shown) return
  thumb.dataset.shown = shown
  if (said.thumbnail) {
    const image = Object.assign(document.createElement('img'), { src: said.thumbnail, alt: '' })
    thumb.replaceChildren(image)
  } else {
    const ended = { failed: 'could not be made', cancelled: 'cancelled' }
    write(thumb, ended[said.state] ?? `being made: ${said.progress} %`)
  }
}

// Small helps ----------------------------------------------------------------------------------------------------------
function made(beside, className, make, where = 'after') {
  const old = beside.parentElement.querySelector(`:scope > .${className}`)
  if (old) return old
  const box = make()
  beside[where](box)
  return box
}

function origins(line, found) {
  const key = found.map((each) => each.label + each.url).join('|')
  if (line.dataset.shown === key) return
  line.dataset.shown = key
  line.replaceChildren()
  if (!found.length) return
  line.append('From: ')
  found.forEach(({ label, url }, place) => {
    if (place) line.append(', ')
    line.append(Object.assign(document.createElement('a'), { href: url, textContent: label }))
  })
}

function html(box, text) {
  if (box.dataset.shown === text) return
  box.dataset.shown = text
  box.innerHTML = text
}

function write(box, text) {
  if (box.textContent !== text) box.textContent = text
}

function describe(field, id) {
  if (!field) return
  const ids = (field.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)
  if (!ids.includes(id)) field.setAttribute('aria-describedby', [...ids, id].join(' '))
}
