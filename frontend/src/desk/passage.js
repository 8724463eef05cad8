// The dialog in which the passage of a video is chosen: by its words, by watching, or by numbers.

import { Latest } from './latest.js'
import { clock, isOutside, lies, trouble } from './span.js'

const COVER_LEFT = 'The cover picture was not in this passage. Hustings chooses one, or you do.'

export class Passage {
  constructor(dialog, desk) {
    this.dialog = dialog
    this.desk = desk
    this.form = dialog.querySelector('[data-passage-form]')
    this.form.addEventListener('click', (event) => this.#clicked(event.target.closest('button')))
    this.form.addEventListener('input', (event) => this.#changed(event.target))
    this.form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#use()
    })
    this.asking = new Latest({
      ask: (signal, key) => this.#ask(signal, key),
      answered: (html) => this.#show(html),
      failed: (error) => this.#say(`The video could not be loaded: ${error.message} Close this and try again.`),
    })
    dialog.addEventListener('close', () => {
      this.asking.stop()
      this.video?.pause()
      if (this.opener?.isConnected) this.opener.focus()
    })
  }

  open({ part, medium, opener }) {
    Object.assign(this, { part, medium, opener, until: undefined })
    const item = this.desk.child(part).block.childBlocks.media.children.find((each) => each.id === medium)
    this.form.replaceChildren()
    this.dialog.showModal()
    this.#say('Looking…')
    this.asking.now(item?.block.childBlocks.key.getValue() ?? '')
  }

  async #ask(signal, key) {
    const answer = await fetch(`${this.desk.element.dataset.passagesUrl}?${new URLSearchParams({ key })}`, { signal })
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
    return answer.text()
  }

  #show(html) {
    this.form.innerHTML = html
    this.#say('')
    this.framed = false // whether what is seen of the picture was moved: only then it is sent
    this.video.addEventListener('timeupdate', () => this.#played())
    this.video.addEventListener('seeked', () => this.#played())
    this.video.addEventListener('error', () => this.#say('This browser cannot play it. Choose by words or numbers.'))
    this.video.addEventListener('loadedmetadata', () => (this.video.currentTime = this.#number('start')))
    this.#draw()
    this.#paint()
    this.form.elements.auto.focus()
  }

  get video() {
    return this.form.querySelector('video, audio')
  }

  get #whole() {
    return Number(this.form.querySelector('[data-passage-line]').dataset.whole) || 1
  }

  // What is said, each sentence where it is said. A click on the line goes there.
  #draw() {
    const track = this.form.querySelector('[data-passage-track]')
    for (const line of this.form.querySelectorAll('[data-sentence]')) {
      const [from, to] = line.dataset.sentence.split(' ').map(Number)
      const piece = document.createElement('span')
      piece.textContent = piece.title = line.querySelector('[dir]').textContent
      piece.dir = 'auto'
      this.#place(piece, from, to)
      track.prepend(piece)
    }
    track.addEventListener('click', (event) => {
      const { left, width } = track.getBoundingClientRect()
      this.video.currentTime = this.#whole * Math.min(1, Math.max(0, (event.clientX - left) / width))
    })
  }

  #place(element, from, to) {
    Object.assign(element.style, { left: `${(100 * from) / this.#whole}%`, width: `${Math.max(0, (100 * (to - from)) / this.#whole)}%` })
  }

  // The two handles on the line are the two numbers; while one is moved, the place it is at is shown.
  #changed(field) {
    if (field.name === 'x' || field.name === 'y') this.framed = true
    const name = field.name.replace('_line', '')
    if (name !== field.name) {
      this.form.elements[name].value = Number(field.value).toFixed(1)
      if (this.video.paused) this.video.currentTime = Number(field.value)
    }
    this.#paint()
  }

  #clicked(button) {
    if (!button || button.type === 'submit') return
    const { here, begin, end, from, to } = button.dataset
    if (here) this.#set({ [here]: this.video.currentTime })
    else if (begin) this.#set({ start: begin })
    else if (end) this.#set({ end })
    else if (from) this.#set({ start: from, end: to })
    else if ('passagePlay' in button.dataset) this.#play()
  }

  #set(times) {
    const { elements } = this.form
    elements.auto.checked = false
    for (const [name, value] of Object.entries(times)) elements[name].value = Number(value).toFixed(1)
    if ('start' in times && this.#number('end') <= this.#number('start')) {
      elements.end.value = Math.min(Number(elements.end.max), this.#number('start') + this.#longest).toFixed(1)
    }
    if (!('cover' in times)) this.#leaveCover()
    if ('start' in times) this.video.currentTime = this.#number('start')
    this.#paint()
  }

  // A cover picture that the passage has left is taken back: a button moved it away, nobody typed it.
  #leaveCover() {
    if (isOutside(this.#cover, this.#number('start'), this.#number('end'))) {
      this.form.elements.cover.value = ''
      this.#say(COVER_LEFT)
    } else if (this.dialog.querySelector('[data-passage-said]').textContent === COVER_LEFT) {
      this.#say('')
    }
  }

  get #cover() {
    const { value } = this.form.elements.cover
    return value === '' ? null : Number(value)
  }

  #play() {
    this.until = this.#number('end')
    this.video.currentTime = this.#number('start')
    this.video.play().catch(() => this.#say('This browser cannot play it.'))
  }

  #played() {
    this.form.querySelector('[data-passage-at]').style.left = `${(100 * this.video.currentTime) / this.#whole}%`
    if (this.until !== undefined && this.video.currentTime >= this.until) {
      this.video.pause()
      this.until = undefined
    }
  }

  #number(name) {
    return Number(this.form.elements[name]?.value ?? 50)
  }

  get #longest() {
    return Number(this.form.querySelector('[data-longest]').dataset.longest)
  }

  get #trouble() {
    if (this.form.elements.auto.checked) return null
    const shortest = Number(this.form.querySelector('[data-shortest]').dataset.shortest)
    const [start, end] = [this.#number('start'), this.#number('end')]
    return trouble({ start, end, cover: this.#cover, whole: this.#whole, longest: this.#longest, shortest })
  }

  #paint() {
    const { auto } = this.form.elements
    this.#frame()
    for (const name of ['start', 'end', 'cover', 'x', 'y', 'start_line', 'end_line']) if (this.form.elements[name]) this.form.elements[name].disabled = auto.checked
    const [start, end] = [this.#number('start'), this.#number('end')]
    for (const [name, at] of [['start_line', start], ['end_line', end]]) {
      this.form.elements[name].value = at
      this.form.elements[name].setAttribute('aria-valuetext', clock(at))
    }
    this.form.elements.start_line.style.zIndex = start > this.#whole / 2 ? 1 : 0 // where both stand at the end, the first moves back
    const chosen = this.form.querySelector('[data-passage-chosen]')
    chosen.hidden = auto.checked
    this.#place(chosen, start, end)
    for (const line of this.form.querySelectorAll('[data-sentence]')) {
      const how = auto.checked ? '' : lies(line.dataset.sentence.split(' ').map(Number), start, end)
      line.classList.toggle('is-in', how === 'in')
      line.classList.toggle('is-torn', how === 'torn')
    }
    const wrong = this.#trouble
    const said = this.form.querySelector('[data-passage-length]')
    said.textContent = wrong?.words ?? (auto.checked ? 'Hustings looks for it when the video is made.' : `${(end - start).toFixed(1)} s`)
    said.classList.toggle('variant-over', Boolean(wrong))
  }

  #frame() {
    const stage = this.form.querySelector('[data-passage-stage]')
    if (!stage) return
    const seen = stage.querySelector('[data-passage-seen]')
    const [width, height] = [Number(stage.dataset.width), Number(stage.dataset.height)]
    const edge = (share, at) => `${100 * Math.min(1 - share, Math.max(0, at / 100 - share / 2))}%`
    Object.assign(seen.style, { width: `${100 * width}%`, height: `${100 * height}%`, left: edge(width, this.#number('x')), top: edge(height, this.#number('y')) })
    const known = this.framed || Boolean(stage.dataset.known)
    seen.hidden = this.form.elements.auto.checked || !known || (width > 0.99 && height > 0.99)
    const unframed = this.form.querySelector('[data-passage-unframed]')
    if (!unframed) return
    unframed.hidden = known
    this.form.querySelector('[data-passage-framed]').hidden = !known
  }

  #use() {
    const wrong = this.#trouble
    if (wrong) return this.form.elements[wrong.field].focus()
    const { auto } = this.form.elements
    const what = { do: 'passage', part: this.part, medium: this.medium }
    const chosen = ['start', 'end', 'cover', ...(this.framed ? ['x', 'y'] : [])]
    if (auto.checked) what.auto = true
    else for (const name of chosen) if (this.form.elements[name]) what[name] = this.form.elements[name].value
    for (const name of ['speaker', 'speaker_role']) what[name] = this.form.elements[name].value
    this.dialog.close()
    this.desk.act(what)
  }

  #say(words) {
    this.dialog.querySelector('[data-passage-said]').textContent = words
  }
}
