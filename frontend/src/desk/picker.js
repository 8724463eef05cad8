// The dialog in which another picture, or another focal point, is chosen. The list is the server's HTML.

import { Latest } from './latest.js'

export class Picker {
  constructor(dialog, desk) {
    this.dialog = dialog
    this.desk = desk
    this.list = dialog.querySelector('[data-picker-list]')
    this.crop = dialog.querySelector('[data-picker-crop]')
    this.search = dialog.querySelector('[data-picker-search]')
    this.asking = new Latest({
      ask: (signal, query) => this.#ask(signal, query),
      answered: (html, query, first) => this.#show(html, query, first),
      failed: (error) => this.#say(`The pictures could not be loaded: ${error.message} Close this and try again.`),
    })
    this.search.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#load({ q: this.search.elements.q.value })
    })
    this.list.addEventListener('change', (event) => this.#chosen(event.target))
    this.list.addEventListener('click', (event) => {
      const page = event.target.closest('[data-page]')?.dataset.page
      if (page) this.#load({ q: this.search.elements.q.value, page })
    })
    this.crop.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#use()
    })
    this.crop.addEventListener('input', () => this.#mark())
    dialog.querySelector('[data-focus-stage]').addEventListener('click', (event) => this.#point(event))
    dialog.addEventListener('close', () => {
      this.asking.stop()
      if (this.opener?.isConnected) this.opener.focus()
    })
  }

  open({ part, medium, opener }) {
    Object.assign(this, { part, medium, opener })
    const items = this.desk.child(part).block.childBlocks.media.children
    const item = items.find((each) => each.id === medium)
    this.key = item?.block.childBlocks.key.getValue() ?? ''
    this.alt = item?.block.childBlocks.alt.getValue() ?? ''
    this.search.reset()
    this.crop.hidden = true
    this.list.replaceChildren()
    this.dialog.showModal()
    this.#load({}, true)
  }

  #load(query, first = false) {
    this.#say('Looking…')
    this.asking.now(query, first)
  }

  async #ask(signal, query) {
    const address = `${this.desk.element.dataset.picturesUrl}?${new URLSearchParams({ key: this.key, ...query })}`
    const answer = await fetch(address, { signal })
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
    return answer.text()
  }

  #show(html, query, first) {
    this.list.innerHTML = html
    this.#say(`${this.list.querySelectorAll('input').length} to choose from`)
    this.crop.hidden = true
    const now = this.list.querySelector('input[value=""]')
    if (now && !query.q) {
      now.checked = true
      this.#chosen(now)
    }
    if (first) this.list.querySelector('input')?.focus() // whoever searches stays where they are
  }

  #say(words) {
    this.dialog.querySelector('[data-picker-said]').textContent = words
  }

  #chosen(input) {
    this.input = input
    const { alt, large, x, y } = input.dataset
    const { elements } = this.crop
    this.crop.hidden = false
    this.crop.querySelector('[data-focus-picture]').src = large
    this.croppable = Number(x) >= 0
    this.crop.querySelector('[data-focus-fields]').hidden = !this.croppable
    elements.x.disabled = elements.y.disabled = !this.croppable
    elements.x.value = this.croppable ? x : ''
    elements.y.value = this.croppable ? y : ''
    elements.alt.value = input.value === '' ? this.alt : alt || this.alt
    this.#mark()
  }

  #point(event) {
    const box = this.crop.querySelector('[data-focus-picture]').getBoundingClientRect()
    if (!this.croppable || !box.width) return
    const share = (at, from, length) => Math.round(100 * Math.min(1, Math.max(0, (at - from) / length)))
    this.crop.elements.x.value = share(event.clientX, box.left, box.width)
    this.crop.elements.y.value = share(event.clientY, box.top, box.height)
    this.#mark()
  }

  #mark() {
    const mark = this.crop.querySelector('[data-focus-mark]')
    mark.toggleAttribute('hidden', !this.croppable)
    mark.style.insetInlineStart = `${this.crop.elements.x.value || 50}%`
    mark.style.top = `${this.crop.elements.y.value || 50}%`
  }

  #use() {
    const { x, y, alt } = this.crop.elements
    const name = this.input.value === '' ? 'crop' : 'pick'
    const what = { do: name, part: this.part, medium: this.medium, from: this.input.value, alt: alt.value }
    const moved = this.croppable && (x.value !== this.input.dataset.x || y.value !== this.input.dataset.y)
    if (moved) Object.assign(what, { x: x.value, y: y.value })
    this.dialog.close()
    this.desk.act(what)
  }
}
