// theme.js - light or dark: as the system is, unless chosen otherwise.
import { choice, keepChoice } from './work/keep.js'

export const THEMES = ['system', 'light', 'dark']
export const theme = () => choice('theme', 'system')

export function applyTheme(name = theme()) {
  if (name === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = name
}

export function chooseTheme(name) {
  keepChoice('theme', name)
  applyTheme(name)
}
