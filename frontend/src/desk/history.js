// What can be undone: states of the parts before each change, newest last. Plain data; knows no page.

export const MOST = 50

export class History {
  #states = []

  get empty() {
    return this.#states.length === 0
  }

  push(state) {
    this.#states.push(JSON.stringify(state))
    if (this.#states.length > MOST) this.#states.shift()
  }

  pop() {
    const last = this.#states.pop()
    return last === undefined ? null : JSON.parse(last)
  }
}
