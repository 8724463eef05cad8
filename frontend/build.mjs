// Bundles every src/<name>.js into one script and, if it imports styles, one stylesheet:
// ../config/static/hustings/dist/<name>.js and <name>.css. The folder is built, never committed.
// Plain scripts (IIFE), because a manifest of hashed file names does not rewrite `import` inside modules.
// Beside them THIRD-PARTY-LICENSES.txt: the licence of every package of which a line ended up in a bundle.

import * as esbuild from 'esbuild'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '..', 'config', 'static', 'hustings', 'dist')
const watch = process.argv.includes('--watch')

const entries = readdirSync(join(here, 'src'))
  .filter((name) => name.endsWith('.js'))
  .sort()

const options = {
  absWorkingDir: here,
  entryPoints: entries.map((name) => join('src', name)),
  outdir: relative(here, dist),
  bundle: true,
  format: 'iife',
  target: 'es2020',
  charset: 'utf8',
  minify: !watch,
  metafile: true,
  legalComments: 'none', // the notices go into THIRD-PARTY-LICENSES.txt instead
  loader: { '.svg': 'dataurl' },
  logLevel: 'warning',
}

function packagesIn(metafile) {
  const folders = new Set()
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const match = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)
      if (match && bytesInOutput > 0) folders.add(match[1])
    }
  }
  return [...folders].sort()
}

function notice(name) {
  const folder = join(here, 'node_modules', name)
  const { version, license, author, homepage } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (!file) throw new Error(`${name} ${version} says "${license}" but ships no licence text`)
  const by = typeof author === 'string' ? author : author?.name
  const head = [`${name} ${version}`, license, by, homepage].filter(Boolean).join('\n')
  return `${head}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

function writeNotices(metafile) {
  const rule = `\n${'-'.repeat(78)}\n\n`
  const text = ['These packages are part of the scripts in this folder.\n', ...packagesIn(metafile).map(notice)]
  writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), text.join(rule))
}

function removeStale(metafile) {
  const kept = new Set(['THIRD-PARTY-LICENSES.txt', ...Object.keys(metafile.outputs).map((path) => basename(path))])
  for (const name of readdirSync(dist)) if (!kept.has(name)) rmSync(join(dist, name))
}

function report(metafile) {
  for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
    console.log(`${basename(path).padEnd(16)} ${(bytes / 1024).toFixed(0).padStart(5)} kB`)
  }
}

if (watch) {
  mkdirSync(dist, { recursive: true })
  const context = await esbuild.context(options)
  await context.watch()
  console.log('Watching frontend/src; stop with Ctrl-C.')
} else {
  mkdirSync(dist, { recursive: true })
  const { metafile } = await esbuild.build(options)
  writeNotices(metafile)
  removeStale(metafile)
  report(metafile)
}
