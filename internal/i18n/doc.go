// Package i18n turns keys, numbers, instants and durations into words of the reader's language.
//
// A language is one JSON file in locales/: its name, its formats and its messages. Adding a language
// is adding a file; nothing in Go names a language except the default. Anything that shows text to
// people (web, field, bulletins, the command line) may import it; rules and nouns may not, because
// they return keys and values and leave the words to the edge.
//
// The runtime is our own, some 300 lines over x/text's plural rules and number formats: go-i18n
// would add a second message format and still leave dates, deadlines and durations to us.
package i18n
