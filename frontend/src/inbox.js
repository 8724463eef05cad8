// Single keys in the inbox and in a conversation. Everything they do is also a link or a button on the page.
// They can be switched off (WCAG 2.1.4) and never work while somebody types.

import { startComposer } from './talk/composer.js'

const OFF = 'hustings-keys-off'
const inbox = document.querySelector('[data-inbox]')
const talk = document.querySelector('[data-conversation]')
const help = document.querySelector('[data-keys]')

if (inbox || talk) start()
const answer = document.querySelector('[data-writing-url]')
if (answer) startComposer(answer)

function start() {
  const choice = document.querySelector('[data-keys-on]')
  if (choice) {
    choice.checked = !stored()
    choice.addEventListener('change', () => (choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, '1')))
  }
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape' && help?.open) help.open = false
    if (stored() || event.target.closest('input, textarea, select, [contenteditable], dialog')) return
    if (event.key === '?' && help) {
      event.preventDefault()
      help.open = !help.open
      if (help.open) help.querySelector('summary').focus()
      return
    }
    const act = (inbox ? IN_LIST : IN_TALK)[event.key]
    if (act && act() !== false) event.preventDefault()
  })
  if (talk && window.location.hash === '#escalated') openEscalation()
  document.querySelector('[data-filters]')?.addEventListener('change', (event) => {
    if (event.target.matches('select, [type=checkbox]')) event.currentTarget.requestSubmit()
  })
}

function stored() {
  try {
    return localStorage.getItem(OFF) === '1'
  } catch {
    return false
  }
}

const links = () => [...document.querySelectorAll('[data-row] > a')]

function step(by) {
  const all = links()
  if (!all.length) return false
  const at = all.indexOf(document.activeElement)
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)
  all[next].focus()
  all[next].scrollIntoView({ block: 'nearest' })
}

function send(fields) {
  const row = document.activeElement?.closest('[data-row]')
  const form = document.querySelector('[data-act]')
  if (!row || !form) return false
  form.action = `${row.querySelector('a').getAttribute('href')}change/`
  for (const name of ['do', 'to', 'status']) form.elements[name].value = fields[name] || ''
  form.elements.version.value = row.dataset.version
  form.requestSubmit()
}

function focus(selector) {
  const field = document.querySelector(selector)
  if (!field) return false
  field.focus()
  field.scrollIntoView({ block: 'center' })
}

const IN_LIST = {
  j: () => step(1),
  k: () => step(-1),
  a: () => send({ do: 'assign', to: 'me' }),
  e: () => send({ do: 'status', status: 'closed' }),
  x: () => {
    const row = document.activeElement?.closest('[data-row]')
    if (!row) return false
    window.location.assign(`${row.querySelector('a').getAttribute('href')}#escalated`)
  },
  '/': () => focus('[data-search]'),
}

const IN_TALK = {
  r: () => focus('[data-answer]'),
  n: () => focus('[data-note]'),
  a: () => {
    const form = document.querySelector('[data-mine]')
    if (!form) return false
    form.querySelector('button').click()
  },
  e: () => {
    const form = document.querySelector('[data-status]')
    if (!form) return false
    form.elements.status.value = 'closed'
    form.querySelector('button').click()
  },
  x: () => openEscalation(),
  u: () => window.location.assign(talk.dataset.back),
}

function openEscalation() {
  const box = document.querySelector('[data-escalate]')
  if (!box) return focus('#escalated ~ form [name=note]')
  box.open = true
  return focus('[data-escalate] [name=to]')
}
