// The writing desk: under each part its count, findings and buttons, beside them the post as it will look.
//
// It counts and cuts nothing by itself: it sends the editor's form to the server and draws the answer (formats/views/desk.py).
// Wagtail's StreamField stays the one that holds the parts; its own autosave, locks and warnings keep working.

import { History } from './history.js'
import { Latest } from './latest.js'
import { paintPart } from './part.js'
import { Passage } from './passage.js'
import { Picker } from './picker.js'
import { placeInTrimmed, rearranged } from './text.js'

const TYPING_MS = 300
const MEDIA_MS = 1500
const KEYS = { Enter: 'split', j: 'join', J: 'join', ArrowUp: 'up', ArrowDown: 'down', z: 'undo', Z: 'undo' }

export class Desk {
  constructor(element) {
    this.element = element
    this.form = element.closest('form')
    this.stream = element.querySelector('#parts-root').rootBlock
    this.locked = 'locked' in element.dataset
    this.most = { parts: Number(element.dataset.mostParts), media: Number(element.dataset.mostMedia) }
    this.takesPictures = 'takesPictures' in element.dataset
    this.look = { theme: 'light', width: 'phone' }
    this.history = new History()
    this.busy = false
    this.answer = null
    this.drawn = this.stream.getState()
    this.asking = new Latest({
      wait: TYPING_MS,
      ask: (signal, what) => this.#post(signal, what),
      answered: (answer, what) => this.#answered(answer, what),
      failed: (error) => this.#failed(error),
    })
    this.picker = this.locked ? null : new Picker(document.getElementById('variant-picker'), this)
    this.passage = this.locked ? null : new Passage(document.getElementById('variant-passage'), this)
    this.#listen()
    this.asking.now()
  }

  get ids() {
    return this.stream.children.map((child) => child.id)
  }

  child(id) {
    return this.stream.children.find((each) => each.id === id)
  }

  textOf(id) {
    return this.child(id)?.block.childBlocks.text.container?.[0]?.querySelector('textarea') ?? this.#textarea(id)
  }

  #textarea(id) {
    return this.child(id)?.element.querySelector('[data-contentpath="text"] textarea')
  }

  // Listening --------------------------------------------------------------------------------------------------------
  #listen() {
    const parts = this.element.querySelector('.desk-parts')
    parts.addEventListener('input', () => this.#changed())
    // The options stand elsewhere in the same form; the first comment among them is counted and shown here.
    this.element.closest('form')?.querySelector('.variant-options')?.addEventListener('input', () => this.#changed())
    parts.addEventListener('keydown', (event) => this.#key(event))
    new MutationObserver(() => this.#restructured()).observe(parts, { childList: true, subtree: true })
    this.element.addEventListener('click', (event) => this.#click(event))
    // A page that comes back from the browser's own cache shows old answers.
    window.addEventListener('pageshow', (event) => event.persisted && this.asking.soon())
  }

  #changed() {
    if (this.busy) return
    this.element.classList.add('desk--counting')
    this.asking.soon()
  }

  // Wagtail's own handle moves parts too; whatever moved them, the numbers follow and the change can be undone.
  #restructured() {
    if (this.busy) return
    const state = this.stream.getState()
    const ids = state.map((part) => part.id)
    const media = (parts) => parts.flatMap((part) => part.value.media.map((item) => item.id))
    const before = this.drawn.map((part) => part.id)
    if (rearranged(before, ids)) {
      this.#remember(this.drawn)
      this.drawn = state
      if (this.answer?.numbered) this.act({ do: 'number' }, { remember: false })
      else this.#changed()
    } else if (rearranged(media(this.drawn), media(state))) {
      this.#remember(this.drawn)
      this.drawn = state
      this.#changed()
    }
  }

  #key(event) {
    if (!event.altKey || !event.shiftKey || this.locked) return
    const name = KEYS[event.key]
    const part = event.target.closest('[data-streamfield-child]')
    const id = this.stream.children.find((each) => each.element.contains(part))?.id
    if (!name || !id) return
    event.preventDefault()
    if (name === 'undo') this.undo()
    else if (name === 'split') this.split(id)
    else if (name === 'join') this.act({ do: 'join', part: id })
    else this.act({ do: 'move', part: id, by: name === 'up' ? -1 : 1 })
  }

  #click(event) {
    const look = event.target.closest('[data-look-theme], [data-look-width]')
    if (look) return this.#turn(look)
    const maker = event.target.closest('[data-making] button')
    if (maker) {
      event.preventDefault()
      return this.#makeOrCancel(maker)
    }
    const button = event.target.closest('[data-do]')
    if (!button || this.busy) return undefined
    const { do: name, mend, finding, by } = button.dataset
    const part = button.closest('[data-part]')?.dataset.part ?? ''
    const medium = button.closest('[data-medium]')?.dataset.medium ?? ''
    if (name === 'undo') return this.undo()
    if (name === 'split') return this.split(part)
    if (name === 'pick') return this.picker.open({ part, medium, opener: button })
    if (name === 'passage') return this.passage.open({ part, medium, opener: button })
    if (name === 'back') return this.#back(part, medium)
    if (name === 'add') return this.act({ do: 'add', part: 'atEnd' in button.dataset ? '' : part })
    return this.act({ do: name, part, medium, mend, finding, by }, { stay: name === 'move' || name === 'mend' })
  }

  #turn(button) {
    const kind = 'lookTheme' in button.dataset ? 'theme' : 'width'
    this.look[kind] = button.dataset.lookTheme ?? button.dataset.lookWidth
    for (const each of button.parentElement.children) each.setAttribute('aria-pressed', String(each === button))
    this.asking.now()
  }

  // Acting -----------------------------------------------------------------------------------------------------------
  split(id) {
    const text = this.textOf(id)
    this.act({ do: 'split', part: id, at: placeInTrimmed(text.value, text.selectionStart) })
  }

  act(what, { remember = true, stay = false } = {}) {
    if (this.busy || this.locked) return
    this.#setBusy(true)
    const focus = stay ? this.#focused() : null
    this.asking.now({ what, remember, before: this.stream.getState(), focus })
  }

  undo() {
    const state = this.history.pop()
    if (!state) return this.say('There is nothing to undo.')
    this.#setState(state)
    this.say('Undone.')
    this.#showUndo()
    this.asking.now()
    return undefined
  }

  // The picture from before is in the form already; nothing needs asking.
  #back(part, medium) {
    const state = this.stream.getState()
    const item = state.find((each) => each.id === part)?.value.media.find((each) => each.id === medium)
    if (!item?.value.before) return
    this.#remember(state)
    Object.assign(item.value, { key: item.value.before, before: item.value.key })
    const changed = JSON.parse(JSON.stringify(state))
    this.#setState(changed)
    this.say('The picture from before is back.')
    this.asking.now()
  }

  say(words) {
    const box = this.element.querySelector('[data-said]')
    box.textContent = ''
    requestAnimationFrame(() => (box.textContent = words))
  }

  #remember(state) {
    this.history.push(state)
    this.#showUndo()
  }

  #showUndo() {
    const button = this.element.querySelector('[data-do="undo"]')
    if (button) button.disabled = this.history.empty
  }

  #setBusy(busy) {
    this.busy = busy
    this.element.toggleAttribute('data-busy', busy)
    for (const text of this.element.querySelectorAll('.desk-parts textarea, .desk-parts input')) text.readOnly = busy
  }

  // Asking -----------------------------------------------------------------------------------------------------------
  async #post(signal, request) {
    const data = new FormData(this.form)
    data.set('look_theme', this.look.theme)
    data.set('look_width', this.look.width)
    if (request) data.set('do', JSON.stringify(request.what))
    const answer = await fetch(this.element.dataset.url, {
      method: 'POST',
      body: data,
      signal,
      headers: { Accept: 'application/json' },
    })
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
    return answer.json()
  }

  #answered(answer, request) {
    if (request) this.#setBusy(false)
    this.answer = answer
    if (answer.refused) {
      this.say(answer.refused)
    } else if (answer.state) {
      if (request.remember) this.#remember(request.before)
      this.#setState(answer.state)
      this.say(answer.said)
    }
    this.#draw(answer)
    if (answer.state) this.#focus(answer.go, request.focus)
    clearTimeout(this.waiting)
    if (answer.progress.waiting) this.waiting = setTimeout(() => !this.busy && this.asking.now(), MEDIA_MS)
  }

  #failed(error) {
    this.#setBusy(false)
    this.element.classList.remove('desk--counting')
    if (error.name === 'AbortError') return
    this.say(`The parts could not be checked: ${error.message} Your words are still here; it is tried again.`)
    clearTimeout(this.waiting)
    this.waiting = setTimeout(() => this.asking.now(), 5000)
  }

  // Drawing ----------------------------------------------------------------------------------------------------------
  #setState(state) {
    const [x, y] = [window.scrollX, window.scrollY]
    this.busy = true
    this.stream.setState(state)
    this.drawn = this.stream.getState()
    this.busy = false
    window.scrollTo(x, y)
  }

  #draw(answer) {
    this.busy = true // what is drawn here is no change of parts
    this.element.classList.remove('desk--counting')
    this.element.querySelector('[data-whole]').innerHTML = answer.whole
    this.#drawPreview(answer.preview)
    this.#drawMaking(answer.making)
    this.#drawLeftOut(answer.left_out)
    this.#drawBar(answer)
    const ids = this.ids
    ids.forEach((id, place) => {
      const said = answer.parts[id]
      if (said) paintPart(this, this.child(id), said, { place, total: ids.length })
    })
    this.drawn = this.stream.getState()
    queueMicrotask(() => (this.busy = false))
    badge(answer.blockers)
  }

  #drawPreview(html) {
    const box = this.element.querySelector('[data-preview]')
    if (this.shown === html) return
    this.shown = html
    box.innerHTML = html
  }

  // Redrawn when it says something else; whoever was on a button of it stays there.
  #drawMaking(html) {
    const box = this.element.querySelector('[data-making]')
    if (this.making === html) return
    this.making = html
    const at = box.contains(document.activeElement) ? document.activeElement.getAttribute('aria-label') : null
    box.innerHTML = html
    if (at) [...box.querySelectorAll('button')].find((button) => button.getAttribute('aria-label') === at)?.focus()
  }

  // The buttons of what is being made send forms of their own; here the page stays, with what was typed.
  async #makeOrCancel(button) {
    button.disabled = true
    const data = new FormData(button.form)
    data.set('key', button.value)
    try {
      const answer = await fetch(button.form.action, { method: 'POST', body: data, headers: { 'X-Requested-With': 'XMLHttpRequest' } })
      if (!answer.ok) throw new Error(`the server answered ${answer.status}.`)
      this.asking.now()
    } catch (error) {
      button.disabled = false
      this.say(`That was not done: ${error.message} Try again.`)
    }
  }

  // Redrawn only when it says something else, and as open as it was.
  #drawLeftOut(html) {
    const box = this.element.querySelector('[data-left-out]')
    if (this.leftOut === html) return
    this.leftOut = html
    const open = box.querySelector('details')?.open
    box.innerHTML = html
    const details = box.querySelector('details')
    if (details && open) details.open = true
  }

  #drawBar(answer) {
    const show = (name, shown) => {
      const button = this.element.querySelector(`.desk-bar [data-do="${name}"]`)
      if (button) button.hidden = !shown
    }
    const many = this.ids.length > 1
    show('number', many && (!answer.numbered || answer.numbers_differ))
    show('unnumber', answer.numbered)
    show('add', this.most.parts > 1 || !this.ids.length)
    const number = this.element.querySelector('.desk-bar [data-do="number"]')
    if (number) number.textContent = answer.numbers_differ ? 'Number the parts again' : 'Number the parts'
  }

  #focused() {
    const at = document.activeElement
    const part = at?.closest('[data-part]')?.dataset.part
    return at && part ? { part, selector: `[data-do="${at.dataset.do}"]${at.dataset.by ? `[data-by="${at.dataset.by}"]` : ''}` } : null
  }

  #focus(id, was) {
    const same = was && this.child(was.part)?.element.querySelector(was.selector)
    const target = same && !same.disabled ? same : this.#textarea(id)
    if (!target) return
    target.focus({ preventScroll: true })
    target.scrollIntoView({ block: 'nearest' })
    if (target.tagName === 'TEXTAREA' && target !== same) target.setSelectionRange(0, 0)
  }
}

// Wagtail redraws the panel "Platform fit" after an autosave, but not the number on its button.
function badge(blockers) {
  const button = document.querySelector('[data-side-panel-toggle="fit"]')
  const box = button?.querySelector('[data-side-panel-toggle-counter]')
  if (!box) return
  button.setAttribute('aria-label', `Platform fit, to mend: ${blockers}`)
  box.textContent = blockers
  box.hidden = !blockers
}
