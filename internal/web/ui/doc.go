// Package ui is the presentation foundation of the server-rendered pages: the layout, the components
// (status, table, form, timeline, ...) as typed Go values with one template each, and the Kit that
// renders a page in the reader's language.
//
// Values in views are raw: numbers, instants, durations, keys. The templates put them in words.
// Screens under web import it; it knows no screen, no store and no session.
package ui
