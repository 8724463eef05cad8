import assert from 'node:assert/strict'
import test from 'node:test'

import { datasets, gaps, looks, pointed, told, written } from '../src/charts/data.js'

const chart = (kind, ...series) => ({
  title: 'Likes',
  kind,
  unit: '',
  labels: series[0].map((_, n) => `d${n}`),
  series: series.map((values, n) => ({ label: `s${n}`, values })),
})

test('what nobody knows stays null and is drawn as a gap, a zero stays a zero', () => {
  for (const kind of ['bar', 'line']) {
    const [set] = datasets(chart(kind, [3, null, 0]))
    assert.deepEqual(set.data, [3, null, 0])
    assert.equal(set.spanGaps, false)
  }
})

test('a range that nobody knows has neither a bar nor a point', () => {
  const [half, median] = datasets(chart('range', [[1, 2, 3], null, [0, 0, 0]]))
  assert.deepEqual(half.data, [[1, 3], null, [0, 0]])
  assert.deepEqual(median.data, [2, null, 0])
})

test('random values: null where there was null and nowhere else', () => {
  let seed = 7
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647
  for (let round = 0; round < 200; round++) {
    const values = Array.from({ length: 1 + Math.floor(next() * 20) }, () => (next() < 0.4 ? null : Math.floor(next() * 3)))
    const [set] = datasets(chart('line', values))
    assert.deepEqual(set.data, values)
  }
})

test('as many series as are drawn look different without their colour', () => {
  const sets = datasets(chart('line', [1], [2], [3], [4], [5]))
  assert.equal(new Set(sets.map((set) => `${set.borderDash} ${set.pointStyle}`)).size, 5)
  const bars = datasets(chart('bar', [1], [2], [3], [4], [5]))
  assert.equal(new Set(bars.map((set) => `${set.borderWidth} ${set.borderDash} ${set.pattern}`)).size, 5)
  assert.equal(looks.length, 5)
})

test('long lines keep some of their points, so that they can be told apart', () => {
  const [set] = datasets(chart('line', Array.from({ length: 100 }, (_, n) => n)))
  const drawn = set.data.map((_, n) => set.pointRadius({ dataIndex: n })).filter((r) => r > 0)
  assert.ok(drawn.length >= 10 && drawn.length <= 30)
})

test('people who hear the page hear no zero for what nobody told', () => {
  assert.match(told(chart('bar', [null, 4])), /s0: d1 4\./)
  assert.match(told(chart('bar', [null, null])), /nobody told it/)
})

test('numbers are said and shown as people read them', () => {
  const local = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 9 })
  const third = told({ ...chart('range', [[0, 10 / 3, 9]]), labels: ['X'] })
  assert.equal(third, `Likes. s0: X ${local(3.333)}. All of it stands in the table.`)
  assert.equal(pointed('Middle half', [0.022222222, 100 / 7], '%'), `Middle half: ${local(0.02222)} to ${local(14.29)} %`)
  assert.equal(pointed('Likes', 0, ''), 'Likes: 0')
  assert.equal(pointed('Likes', null, ''), 'Likes: –')
  const read = [[12345, 12345], [1234567, 1234567], [12345.5, 12346], [0.00042, 0.00042], [0, 0]]
  for (const [value, as] of read) assert.equal(written(value), local(as))
})

test('stretches that nobody told are found whole, a zero is none of them', () => {
  assert.deepEqual(gaps([null, null, 3, 0, null, 1, null]), [[0, 1], [4, 4], [6, 6]])
  assert.deepEqual(gaps([0, 1]), [])
  const ninety = Array.from({ length: 90 }, (_, n) => (n >= 30 && n < 42 ? null : 0))
  assert.deepEqual(gaps(ninety), [[30, 41]])
})
