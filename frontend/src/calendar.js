// The editorial calendar: FullCalendar's month and week over the list that the server has rendered, a dialog for moving, a panel
// for one variant. Without this script every one of them is a page of its own.

import 'temporal-polyfill/global'
import { Calendar } from 'fullcalendar'
import dayGrid from 'fullcalendar/daygrid'
import timeGrid from 'fullcalendar/timegrid'
import interaction, { Draggable } from 'fullcalendar/interaction'
import enGb from 'fullcalendar/locales/en-gb'
import classic from 'fullcalendar/themes/classic'
import 'fullcalendar/skeleton.css'
import 'fullcalendar/themes/classic/theme.css'

const DAY = 24 * 60 * 60 * 1000

const root = document.querySelector('[data-calendar]')
if (root) start(root)

function start(page) {
  const dialogs = {
    panel: document.querySelector('[data-panel-dialog]'),
    move: document.querySelector('[data-move-dialog]'),
    question: document.querySelector('[data-question-dialog]'),
  }
  const live = page.querySelector('[data-live]')
  const grid = page.querySelector('[data-grid]')
  const data = grid ? JSON.parse(document.getElementById('calendar-data').textContent) : null
  let calendar = null

  for (const dialog of Object.values(dialogs)) {
    dialog?.addEventListener('click', (event) => {
      if (event.target === dialog || event.target.closest('[data-close]')) dialog.close()
    })
  }

  // Announcements ---------------------------------------------------------------------------------------------------
  function announce(message, { tone = 'done', undo = null } = {}) {
    live.className = `cal-live tone-${tone}`
    live.replaceChildren(element('span', { textContent: message }))
    if (undo) {
      const button = element('button', { type: 'button', className: 'button button-small button-secondary', textContent: 'Undo' })
      button.addEventListener('click', () => {
        button.disabled = true
        move(undo.url, undo.fields, { undone: true, of: undo.of })
      })
      live.append(button)
    }
  }

  // Moving: dragging, the dialog and undo all end here ---------------------------------------------------------------
  async function move(url, fields, { revert = () => {}, undone = false, of = null } = {}) {
    let answer
    try {
      answer = await post(url, fields)
    } catch {
      revert()
      announce('The server did not answer. Nothing was moved.', { tone: 'bad' })
      return { ok: false }
    }
    if (answer.ok) {
      announce(answer.message, { undo: undone ? null : { url, fields: answer.undo, of } })
      await refresh(of)
      return answer
    }
    if (answer.choices) {
      const chosen = await ask(answer.message, answer.choices)
      if (chosen) return move(url, { ...fields, ...chosen }, { revert, undone, of })
      revert()
      announce('Nothing was moved.', { tone: 'quiet' })
      return { ok: false, cancelled: true }
    }
    revert()
    announce(`Not moved. ${answer.message || ''}`, { tone: 'bad' })
    return answer
  }

  async function post(url, fields) {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    const token = document.querySelector('[data-move-form] [name=csrfmiddlewaretoken]').value
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { Accept: 'application/json', 'X-CSRFToken': token, 'X-Requested-With': 'XMLHttpRequest' },
    })
    if (!response.headers.get('content-type')?.includes('json')) throw new Error(`status ${response.status}`)
    return response.json()
  }

  function ask(message, choices) {
    const { question } = dialogs
    question.querySelector('[data-question-text]').textContent = message
    const buttons = question.querySelector('[data-question-choices]')
    return new Promise((resolve) => {
      const settle = (value) => {
        question.removeEventListener('close', closed)
        question.close()
        resolve(value)
      }
      const closed = () => settle(null)
      const choose = choices.map(({ label, fields }, index) => {
        const className = index ? 'button button-secondary' : 'button'
        const button = element('button', { type: 'button', className, textContent: label })
        button.addEventListener('click', () => settle(fields))
        return button
      })
      const leave = element('button', { type: 'button', className: 'button button-secondary', textContent: 'Leave it' })
      leave.addEventListener('click', () => settle(null))
      buttons.replaceChildren(...choose, leave)
      question.addEventListener('close', closed)
      question.showModal()
    })
  }

  // The server renders list, tray and side anew; the grid asks its feed. The focus goes on where its place was
  // rendered anew.
  let asked = 0

  async function refresh(of) {
    const number = (asked += 1)
    calendar?.refetchEvents()
    const place = placeInTray(of)
    const response = await fetch(window.location.href, { headers: { Accept: 'text/html' } })
    if (!response.ok) return
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
    if (number < asked) return // what is newer is on its way: an undo at once must not be overtaken
    for (const name of ['[data-agenda]', '[data-side]', '[data-legend]', '.cal-aside', '.cal-head']) {
      const [now, then] = [page.querySelector(name), fresh.querySelector(`[data-calendar] ${name}`)]
      if (now && then) now.replaceWith(document.adoptNode(then))
    }
    countTicked()
    makeTray()
    dialogs.move.close()
    if (of) goOn(of, place, number)
  }

  function placeInTray(pk) {
    return [...page.querySelectorAll('[data-tray] [data-entry]')].findIndex(({ dataset }) => dataset.entry === pk)
  }

  // Whoever has moved a post by keyboard goes on from it, or with the next one that has no time; with the mouse this
  // changes nothing that is seen.
  async function goOn(pk, place, number) {
    const lost = () => number === asked && (!document.activeElement || document.activeElement === document.body)
    for (let frame = 0; frame < 30 && number === asked; frame += 1) {
      const waiting = [...page.querySelectorAll('[data-tray] [data-move]')]
      const choices = [
        page.querySelector(`[data-entry="${pk}"] [data-move]`),
        place < 0 ? null : waiting[Math.min(place, waiting.length - 1)],
        page.querySelector(`.cal-grid a[href$="/variant/${pk}/"]`),
      ]
      if (lost()) choices.find((each) => each?.checkVisibility())?.focus()
      await new Promise(requestAnimationFrame) // the grid takes its posts anew a moment later
    }
    if (lost()) live.querySelector('button')?.focus()
  }

  // The dialog --------------------------------------------------------------------------------------------------------
  const form = document.querySelector('[data-move-form]')

  async function openMove(link, wall = '') {
    const url = new URL(link.href, window.location.href)
    const holder = link.closest('[data-entry]')
    const current = await fetch(url, { headers: { Accept: 'text/html' } }).catch(() => null)
    if (!current?.ok) {
      window.location.assign(url)
      return
    }
    const fresh = new DOMParser().parseFromString(await current.text(), 'text/html')
    const field = fresh.querySelector('input[name=wall]')
    const zone = fresh.querySelector('[data-zone]')
    const slots = fresh.querySelector('[data-slots]')
    form.action = url.pathname
    form.dataset.of = holder?.dataset.entry || ''
    form.elements.wall.value = wall && field ? wall + field.value.slice(wall.length, 16) : field?.value || ''
    form.querySelector('[data-move-what]').textContent = holder?.dataset.title || ''
    const planned = fresh.querySelector('button[name=unplan]')
    for (const each of form.querySelectorAll('[data-move-word]')) each.textContent = planned ? 'Move' : 'Plan'
    form.querySelector('[data-move-zone]').textContent = zone?.textContent || ''
    form.querySelector('[data-move-slots]').replaceChildren(...(slots ? [document.adoptNode(slots)] : []))
    form.querySelector('[data-move-unplan]').hidden = !planned
    showError('')
    dialogs.panel?.close()
    dialogs.move.showModal()
    form.elements.wall.focus()
  }

  function showError(message) {
    const error = form.querySelector('[data-move-error]')
    error.textContent = message
    error.hidden = !message
  }

  form?.addEventListener('submit', async (event) => {
    event.preventDefault()
    const { submitter } = event
    const fields = submitter?.name ? { [submitter.name]: submitter.value } : { wall: form.elements.wall.value }
    const buttons = [...form.querySelectorAll('[type=submit]')]
    for (const button of buttons) button.disabled = true
    const answer = await move(form.action, fields, { of: form.dataset.of })
    for (const button of buttons) button.disabled = false
    if (answer.ok || answer.cancelled) dialogs.move.close()
    else {
      showError(answer.message || 'The server did not answer. Try again in a moment.')
      form.elements.wall.focus()
    }
  })

  // The panel ---------------------------------------------------------------------------------------------------------
  async function openPanel(url, fallback) {
    const here = window.location.pathname + window.location.search
    const response = await fetch(`${url}?next=${encodeURIComponent(here)}`).catch(() => null)
    if (!response?.ok || response.redirected) {
      window.location.assign(fallback)
      return
    }
    const body = dialogs.panel.querySelector('[data-panel-body]')
    body.innerHTML = await response.text() // our own template, escaped by the server
    dialogs.panel.setAttribute('aria-label', body.querySelector('[data-title]')?.dataset.title || 'One post')
    dialogs.panel.showModal()
    dialogs.panel.scrollTop = 0
  }

  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return
    const mover = event.target.closest('[data-move]')
    const opener = event.target.closest('a[data-panel]')
    if (mover) {
      event.preventDefault()
      openMove(mover)
    } else if (opener && dialogs.panel) {
      event.preventDefault()
      openPanel(opener.dataset.panel, opener.href)
    }
  })

  // Filters and ticks -------------------------------------------------------------------------------------------------
  page.querySelector('[data-filters]')?.addEventListener('change', (event) => {
    if (event.target.matches('select')) event.currentTarget.requestSubmit()
  })

  function countTicked() {
    const words = page.querySelector('[data-selected-count]')
    if (!words) return
    const boxes = [...page.querySelectorAll('input[name=v]')]
    const ticked = boxes.filter((box) => box.checked).length
    words.textContent = ticked ? `${ticked} ticked:` : 'Tick posts to'
    const every = page.querySelector('[data-tick-all]')
    every.hidden = false
    every.querySelector('input').checked = ticked === boxes.length
    every.querySelector('input').indeterminate = ticked > 0 && ticked < boxes.length
  }
  page.addEventListener('change', ({ target }) => {
    if (target.closest('[data-tick-all]')) for (const box of page.querySelectorAll('input[name=v]')) box.checked = target.checked
    countTicked()
  })
  countTicked()

  // Month and week ---------------------------------------------------------------------------------------------------------
  let tray = null

  function makeTray() {
    tray?.destroy()
    const list = page.querySelector('[data-tray]')
    tray = calendar && list ? new Draggable(list, { itemSelector: '[data-movable]', eventData: ({ dataset }) => ({ create: false, title: dataset.title }) }) : null
  }

  if (grid) {
    page.classList.add('has-grid')
    let first = data
    calendar = new Calendar(grid, {
      plugins: [dayGrid, timeGrid, interaction, classic],
      locales: [enGb],
      locale: 'en-gb',
      timeZone: 'UTC', // every post stands at the wall time of its own campaign, so the grid must convert nothing
      now: `${data.today}T12:00:00`,
      initialDate: data.first,
      initialView: data.view === 'week' ? 'timeGridWeek' : 'dayGridMonth',
      headerToolbar: false,
      // An empty week stands there whole: hours that scroll must hold something that the keyboard can reach.
      height: data.view === 'week' && data.events.length ? '46rem' : 'auto',
      scrollTime: '07:00:00',
      allDayText: 'All day',
      defaultTimedEventDuration: data.view === 'week' ? '01:10' : '00:01', // a week: as high as what stands in it; a month: never over midnight
      slotEventOverlap: false,
      eventMaxStack: 2,
      firstDay: 1,
      fixedWeekCount: false,
      showNonCurrentDates: false,
      navLinks: false,
      dayMaxEvents: 6,
      eventDisplay: 'block',
      eventDurationEditable: false,
      droppable: true,
      eventSources: [(info, done, failed) => load(first, info).then((loaded) => { first = null; done(loaded) }, failed)],
      eventContent: ({ event }) => ({ domNodes: [fitted(eventNode(event))] }),
      backgroundEventContent: ({ event }) => ({ domNodes: event.extendedProps.words ? [wordsNode(event)] : [] }),
      dayCellClass: ({ isPast }) => (isPast ? 'cal-day-past' : ''),
      // A cell's label would hide what stands in it from people who hear the page, and its number is hidden from them:
      // the date is said before "+".
      dayCellDidMount: ({ el, date, isPast }) => {
        el.removeAttribute('aria-label')
        if (!isPast || data.view === 'month') el.append(element('span', { className: 'w-sr-only', textContent: longDate(date) }))
        if (!isPast) el.append(...add(date))
      },
      eventClick: ({ event, jsEvent }) => {
        if (!event.extendedProps.panelUrl || jsEvent.metaKey || jsEvent.ctrlKey || jsEvent.shiftKey) return
        jsEvent.preventDefault()
        openPanel(event.extendedProps.panelUrl, event.url)
      },
      eventAllow: ({ allDay }) => data.view !== 'week' || !allDay, // the row of quiet periods and holidays has no time to move to
      eventDrop: ({ event, revert }) => move(event.extendedProps.moveUrl, { wall: event.startStr.slice(0, 19) }, { revert }),
      // From the tray: a week says the time as well, a month only the day.
      drop: ({ dateStr, allDay, draggedEl }) => {
        const mover = draggedEl.querySelector('[data-move]')
        if (allDay) openMove(mover, dateStr.slice(0, 10))
        else move(new URL(mover.href).pathname, { wall: dateStr.slice(0, 16) })
      },
    })
    calendar.render()
    makeTray()
  }

  // "+" on a day leads to the stories
  function add(date) {
    if (!page.dataset.add) return []
    const link = element('a', { className: 'cal-add', href: `${page.dataset.add}?on=${date.toISOString().slice(0, 10)}` })
    link.setAttribute('aria-label', `Plan something on ${longDate(date)}`)
    link.append(use('plus'))
    return [link]
  }

  async function load(known, info) {
    if (known) return [...known.events, ...known.background.flatMap(byWeek)]
    const address = new URL(data.feed, window.location.href)
    const here = new URLSearchParams(window.location.search)
    for (const name of ['campaign', 'platform', 'status', 'channel', 'owner', 'language', 'q']) if (here.get(name)) address.searchParams.set(name, here.get(name))
    address.searchParams.set('view', data.view)
    address.searchParams.set('start', info.startStr.slice(0, 10))
    address.searchParams.set('end', info.endStr.slice(0, 10))
    const response = await fetch(address, { headers: { Accept: 'application/json' } })
    if (!response.ok) throw new Error(`status ${response.status}`)
    const { events, background } = await response.json()
    return [...events, ...background.flatMap(byWeek)]
  }
}

// The words on a band stand once in each row of the month, over the first of its days.
function byWeek(band) {
  if (!band.words) return [band]
  const stretches = []
  const end = Date.parse(band.end)
  for (let at = Date.parse(band.start); at < end; ) {
    const weekday = (new Date(at).getUTCDay() + 6) % 7
    const days = Math.min(7 - weekday, (end - at) / DAY)
    const [start, next] = [at, at + days * DAY].map((time) => new Date(time).toISOString().slice(0, 10))
    stretches.push({ ...band, id: `${band.id}-${start}`, start, end: next, days })
    at += days * DAY
  }
  return stretches
}

function wordsNode(event) {
  const node = element('span', { className: 'cal-quiet', textContent: event.title, title: event.title })
  node.style.setProperty('--days', event.extendedProps.days)
  return node
}

// Its content knows how wide it is: side by side in a week there is little room.
function fitted(node) {
  const box = element('span', { className: 'cal-fit' })
  box.append(node)
  return box
}

function eventNode(event) {
  const { platform, tone, icon, problems, spoken, slot, yours } = event.extendedProps
  if (slot) return slotNode(event, slot)
  if (!platform) return hoveringNode(event)
  const node = element('span', { className: `cal-event tone-${tone}${problems.length ? ' has-problems' : ''}`, title: spoken })
  const badge = element('span', { className: `cal-platform is-${platform}` })
  badge.append(use(`platform-${platform}`))
  const time = element('span', { className: 'cal-event__time', textContent: event.startStr.slice(11, 16) })
  const title = element('span', { className: 'cal-event__title', textContent: event.title })
  const hidden = element('span', { className: 'w-sr-only', textContent: `, ${spoken.slice(6)}` })
  if (yours) time.append(element('span', { className: 'cal-event__yours', textContent: ` (${yours} yours)` }))
  node.append(badge, time, use(problems.length ? 'warning' : icon), title, hidden)
  return node
}

// What is dragged in from the tray, while it hovers: it is no post of the feed yet.
function hoveringNode(event) {
  const node = element('span', { className: 'cal-event' })
  node.append(element('span', { className: 'cal-event__title', textContent: event.title }))
  return node
}

function slotNode(event, spoken) {
  const node = element('span', { className: 'cal-slot-free', title: spoken })
  const badge = element('span', { className: `cal-platform is-${event.extendedProps.platform}` })
  badge.append(use(`platform-${event.extendedProps.platform}`))
  const shown = element('span', { textContent: event.startStr.slice(11, 16) })
  shown.append(element('span', { className: 'cal-slot-free__word', textContent: ' free' }))
  shown.setAttribute('aria-hidden', 'true')
  node.append(badge, shown, element('span', { className: 'w-sr-only', textContent: spoken }))
  return node
}

function longDate(date) {
  return date.toLocaleDateString('en-GB', { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
}

function use(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const part = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  part.setAttribute('href', `#icon-${name}`)
  svg.append(part)
  return svg
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties)
}
