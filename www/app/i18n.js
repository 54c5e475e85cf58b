// i18n.js - words, plurals, times and sizes in the reader's language. Words stand in i18n/*.json, never in the code.
import { SITE } from './net/api.js'

export const LANGUAGES = { en: 'English', uk: 'Українська' }
const CHOSEN = `bellhop:${SITE.pathname}:language`

let words = {}
let language = 'en'
let plurals = new Intl.PluralRules('en')
// The same language as it is written where the reader lives.
let region = 'en'

export const current = () => language

// The chosen language, else the first of the browser's that there is.
function preferred() {
  const chosen = localStorage.getItem(CHOSEN)
  if (LANGUAGES[chosen]) return chosen
  return navigator.languages.map(tag => tag.slice(0, 2)).find(tag => LANGUAGES[tag]) ?? 'en'
}

export const choose = tag => localStorage.setItem(CHOSEN, tag)

export async function loadWords(tag = preferred()) {
  const response = await fetch(new URL(`i18n/${tag}.json`, SITE))
  if (!response.ok) throw new Error(`i18n/${tag}.json: ${response.status}`)
  words = await response.json()
  language = tag
  plurals = new Intl.PluralRules(tag)
  region = navigator.languages.find(one => one.startsWith(`${tag}-`)) ?? tag
  formats.clear()
  document.documentElement.lang = tag
}

// The words of `key`; {name} in them is replaced by values.name, and `n` chooses among plural forms.
export function t(key, values) {
  let found = words[key] ?? key
  if (typeof found === 'object') found = found[plurals.select(values.n)] ?? found.other
  return values ? found.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : found
}

// The server's words are English, so none of them is shown: what is known by its code is said in the reader's language.
export function explain(problem) {
  const wrong = problem.code === 'invalid_fields' && Object.entries(problem.fields ?? {})
  if (wrong?.length) return [...new Set(wrong.map(([name, why]) => explainField(name, why)))].join(' ')
  const key = `problem.${problem.code}`
  return words[key] ? t(key, { seconds: problem.retryAfter || 1 }) : t('problem.unknown')
}

// What can be wrong with any field, by the word of the server that gives it away; else its name says what it is to be.
const RULES = { empty: /missing|empty|blank|null/, short: /short/, long: /too long|too many/, mixed: /mixes/, taken: /taken/ }

export function explainField(name, why) {
  const rule = Object.keys(RULES).find(one => RULES[one].test(why))
  return t([`field.${name}.${rule}`, `field.${rule}`, `field.${name}`].find(key => words[key]) ?? 'field.other')
}

// Making a formatter takes longer than using it a thousand times.
const formats = new Map()
function format(options) {
  const key = JSON.stringify(options)
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(region, options))
  return formats.get(key)
}

const DAY_MS = 86_400_000
const dayOf = date => new Date(date.getFullYear(), date.getMonth(), date.getDate())
const daysAgo = (date, now) => Math.round((dayOf(now) - dayOf(date)) / DAY_MS)

export const clock = iso => format({ timeStyle: 'short' }).format(new Date(iso))
export const fullTime = iso => format({ dateStyle: 'full', timeStyle: 'short' }).format(new Date(iso))
export const sameDay = (one, other) => dayOf(new Date(one)).getTime() === dayOf(new Date(other)).getTime()

export function dayName(iso, now = new Date()) {
  const date = new Date(iso)
  const ago = daysAgo(date, now)
  if (ago === 0) return t('today')
  if (ago === 1) return t('yesterday')
  if (ago > 1 && ago < 7) return format({ weekday: 'long' }).format(date)
  return format({ day: 'numeric', month: 'long', ...(date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }) }).format(date)
}

// For lists: a time today, else a day, as short as it can be.
export function shortTime(iso, now = new Date()) {
  const date = new Date(iso)
  const ago = daysAgo(date, now)
  if (ago <= 0) return clock(iso)
  if (ago < 7) return format({ weekday: 'short' }).format(date)
  return format({ day: '2-digit', month: '2-digit', year: '2-digit' }).format(date)
}

export function lastSeen(iso, now = new Date()) {
  if (!iso) return t('offline.person')
  const minutes = Math.floor((now - new Date(iso)) / 60_000)
  if (minutes < 1) return t('seen.now')
  if (minutes < 60) return t('seen.minutes', { n: minutes })
  if (sameDay(iso, now)) return t('seen.today', { time: clock(iso) })
  return t('seen.day', { day: dayName(iso, now) })
}

// From one kilobyte on: nobody counts bytes.
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
export function sizeOf(bytes) {
  const i = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1024)) / Math.log(1024)))
  const format = new Intl.NumberFormat(region, { style: 'unit', unit: UNITS[i], maximumFractionDigits: i > 1 ? 1 : 0 })
  return format.format(Math.max(bytes / 1024 ** i, 1))
}

export const count = n => new Intl.NumberFormat(region, { notation: n >= 10_000 ? 'compact' : 'standard' }).format(n)
