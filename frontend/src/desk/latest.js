// Asks a little after the last reason to ask. An answer that a newer question has overtaken is dropped, whatever order
// answers come in. `ask(signal)` must reject when its signal is aborted.

export class Latest {
  #timer = null
  #asked = 0
  #abort = null

  constructor({ ask, answered, failed = () => {}, wait = 300, later, never }) {
    Object.assign(this, { ask, answered, failed, wait })
    this.later = later ?? ((what, ms) => setTimeout(what, ms)) // browsers refuse to run theirs as a method
    this.never = never ?? ((timer) => clearTimeout(timer))
  }

  soon() {
    this.stop()
    this.#timer = this.later(() => this.now(), this.wait)
  }

  async now(...what) {
    this.stop()
    const mine = ++this.#asked
    this.#abort = new AbortController()
    try {
      const answer = await this.ask(this.#abort.signal, ...what)
      if (mine === this.#asked) this.answered(answer, ...what)
    } catch (error) {
      if (mine === this.#asked) this.failed(error, ...what)
    }
  }

  // Nothing that was asked before will be answered.
  stop() {
    this.never(this.#timer)
    this.#asked += 1
    this.#abort?.abort()
  }
}
