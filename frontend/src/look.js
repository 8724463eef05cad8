// The page of a campaign's look: the preview follows what is chosen. Without this script the button "Preview" does it.

const WAIT_MS = 350

// Beside each field of digits a picker of colours; both say the same.
function addPicker(field, changed) {
  const picker = document.createElement('input')
  picker.type = 'color'
  picker.value = valid(field.value) ? field.value : '#000000'
  picker.setAttribute('aria-label', `${field.labels[0].textContent}: pick`)
  picker.addEventListener('input', () => {
    field.value = picker.value
    changed()
  })
  field.addEventListener('input', () => {
    if (valid(field.value)) picker.value = field.value
  })
  field.before(picker)
}

const valid = (text) => /^#[0-9a-f]{6}$/i.test(text)

class Look {
  constructor(form) {
    this.form = form
    this.result = form.querySelector('[data-look-result]')
    this.status = form.querySelector('[data-look-status]')
    this.later = () => {
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.show().catch(() => this.say('The preview could not be made. Press “Preview”.')), WAIT_MS)
    }
    for (const field of form.querySelectorAll('[data-look-colour]')) addPicker(field, this.later)
    form.addEventListener('input', this.later)
    form.addEventListener('change', this.later)
    // Wagtail's chooser sets its hidden field without an event of the form.
    const logo = form.querySelector('input[name="logo"]')
    if (logo) new MutationObserver(this.later).observe(logo, { attributes: true, attributeFilter: ['value'] })
    form.addEventListener('click', (event) => this.take(event))
    form.querySelector('[data-look-preview]').hidden = true
  }

  values() {
    const data = new FormData(this.form)
    data.delete('csrfmiddlewaretoken')
    return new URLSearchParams(data).toString()
  }

  // The colour that is offered is put into its field at once; without this script the form is answered with it.
  take(event) {
    const button = event.target.closest('button[name="take"]')
    if (!button) return
    event.preventDefault()
    const [name, colour] = button.value.split(':')
    const field = this.form.elements[name]
    field.value = colour
    field.dispatchEvent(new Event('input', { bubbles: true }))
    field.focus()
  }

  async show() {
    const asked = this.values()
    if (asked === this.shown) return
    this.asked = asked
    this.say('Drawing …')
    const answer = await fetch(`${this.form.dataset.checkUrl}?${asked}`)
    if (!answer.ok) throw new Error(answer.status)
    const next = document.createElement('div')
    next.innerHTML = await answer.text()
    const image = next.querySelector('img')
    if (image) await image.decode()
    if (this.asked !== asked) return // something newer is on its way
    this.shown = asked
    this.result.replaceChildren(...next.childNodes)
    this.say(this.result.querySelector('.look-fails') ? 'Preview updated. A pair of colours cannot be read well.' : 'Preview updated.')
  }

  say(text) {
    this.status.textContent = text
  }
}

function start() {
  const form = document.querySelector('[data-look]')
  if (form) new Look(form)
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start)
else start()
