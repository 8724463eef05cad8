// A publication's page follows the post while it is under way: every few seconds its parts are fetched again and
// swapped. Forms are left alone; when the decisions have changed, a line says so. Without this the page has a link.

const EVERY_MS = 3000

class FollowController extends window.StimulusModule.Controller {
  static targets = ['part', 'changed']
  static values = { on: Boolean }

  connect() {
    this.schedule()
  }

  disconnect() {
    clearTimeout(this.timer)
  }

  schedule() {
    clearTimeout(this.timer)
    if (this.onValue) this.timer = setTimeout(() => this.look(), EVERY_MS)
  }

  async look() {
    if (!document.hidden) {
      try {
        const answer = await fetch(`${window.location.pathname}?live=1`, { credentials: 'same-origin' })
        if (answer.ok && !answer.redirected) this.show(await answer.text())
      } catch {
        // the network is away for a moment; the next look will tell
      }
    }
    this.schedule()
  }

  show(text) {
    const fresh = new DOMParser().parseFromString(text, 'text/html')
    const head = fresh.getElementById('live-head')
    if (!head) return
    const stood = this.partTargets[0].dataset.stand.split(' ')[0]
    for (const part of this.partTargets) this.swap(part, fresh.getElementById(part.id))
    const moved = stood !== head.dataset.stand.split(' ')[0]
    const busy = document.querySelector('#decisions details[open], #decisions :focus')
    this.onValue = head.dataset.follow === 'true'
    if (!moved && !this.movedBefore) return
    this.movedBefore = true
    const [ours, theirs] = [document.getElementById('decisions'), fresh.getElementById('decisions')]
    if (!busy && ours && theirs) {
      ours.replaceWith(theirs)
      this.movedBefore = false
    }
    const asks = head.dataset.stand.startsWith('attention')
    if (this.hasChangedTarget) this.changedTarget.hidden = !(asks || this.movedBefore)
  }

  swap(part, fresh) {
    if (!fresh || part.innerHTML === fresh.innerHTML) return
    const inside = part.contains(document.activeElement) && document.activeElement !== document.body
    if (inside || part.querySelector('details[open]')) return
    part.innerHTML = fresh.innerHTML
    part.dataset.stand = fresh.dataset.stand || ''
  }
}

window.wagtail.app.register('hustings-follow', FollowController)
