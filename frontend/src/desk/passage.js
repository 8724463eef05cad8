// The dialog in which the passage of a video is chosen: by its words, by watching, or by numbers.

const SLACK_S = 0.05

const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`

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
    dialog.addEventListener('close', () => {
      this.video?.pause()
      if (this.opener?.isConnected) this.opener.focus()
    })
  }

  async open({ part, medium, opener }) {
    Object.assign(this, { part, medium, opener })
    const item = this.desk.child(part).block.childBlocks.media.children.find((each) => each.id === medium)
    this.form.replaceChildren()
    this.dialog.showModal()
    this.#say('Looking…')
    const key = item?.block.childBlocks.key.getValue() ?? ''
    try {
      const answer = await fetch(`${this.desk.element.dataset.passagesUrl}?${new URLSearchParams({ key })}`)
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`)
      this.form.innerHTML = await answer.text()
      this.#say('')
      this.video.addEventListener('timeupdate', () => this.#played())
      this.video.addEventListener('seeked', () => this.#played())
      this.video.addEventListener('error', () => this.#say('This browser cannot play it. Choose by words or numbers.'))
      this.video.addEventListener('loadedmetadata', () => (this.video.currentTime = this.#number('start')))
      this.#draw()
      this.#paint()
      this.form.elements.auto.focus()
    } catch (error) {
      this.#say(`The video could not be loaded: ${error.message} Close this and try again.`)
    }
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
    if ('start' in times) this.video.currentTime = this.#number('start')
    this.#paint()
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

  #trouble() {
    const length = this.#number('end') - this.#number('start')
    const shortest = Number(this.form.querySelector('[data-shortest]').dataset.shortest)
    if (this.form.elements.auto.checked) return ''
    if (!(length > 0)) return 'The passage ends before it begins.'
    if (length > this.#longest + SLACK_S) return `${length.toFixed(1)} s are too long: at most ${this.#longest} s fit.`
    if (length < shortest) return `${length.toFixed(1)} s are too short: at least ${shortest} s are needed.`
    return ''
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
      const [from, to] = line.dataset.sentence.split(' ').map(Number)
      line.classList.toggle('is-in', !auto.checked && from >= start - SLACK_S && to <= end + SLACK_S)
      line.classList.toggle('is-torn', !auto.checked && ((from < start - SLACK_S && to > start + SLACK_S) || (from < end - SLACK_S && to > end + SLACK_S)))
    }
    const trouble = this.#trouble()
    const said = this.form.querySelector('[data-passage-length]')
    said.textContent = trouble || (auto.checked ? 'Hustings looks for it when the video is made.' : `${(end - start).toFixed(1)} s`)
    said.classList.toggle('variant-over', Boolean(trouble))
  }

  #frame() {
    const stage = this.form.querySelector('[data-passage-stage]')
    if (!stage) return
    const seen = stage.querySelector('[data-passage-seen]')
    const [width, height] = [Number(stage.dataset.width), Number(stage.dataset.height)]
    const edge = (share, at) => `${100 * Math.min(1 - share, Math.max(0, at / 100 - share / 2))}%`
    Object.assign(seen.style, { width: `${100 * width}%`, height: `${100 * height}%`, left: edge(width, this.#number('x')), top: edge(height, this.#number('y')) })
    seen.hidden = this.form.elements.auto.checked || (width > 0.99 && height > 0.99)
  }

  #use() {
    const trouble = this.#trouble()
    if (trouble) return this.form.elements.start.focus()
    const { auto } = this.form.elements
    const what = { do: 'passage', part: this.part, medium: this.medium }
    if (auto.checked) what.auto = true
    else for (const name of ['start', 'end', 'cover', 'x', 'y']) if (this.form.elements[name]) what[name] = this.form.elements[name].value
    for (const name of ['speaker', 'speaker_role']) what[name] = this.form.elements[name].value
    this.dialog.close()
    this.desk.act(what)
  }

  #say(words) {
    this.dialog.querySelector('[data-passage-said]').textContent = words
  }
}
