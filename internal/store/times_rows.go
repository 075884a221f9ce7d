package store

import (
	"strconv"
	"strings"
)

// timesRows makes of an INSERT of one row the INSERT of n rows, whose arguments follow one another: what a statement costs by itself is then paid once. ok is false
// for a statement that is none, or has arguments elsewhere than in its row.
func timesRows(text string, n int) (many string, ok bool) {
	const values = "VALUES ("
	at := strings.Index(text, values)
	if at < 0 || !strings.HasPrefix(text, "INSERT ") {
		return "", false
	}
	from := at + len(values) - 1
	length := strings.IndexByte(text[from:], ')') + 1
	row, rest := text[from:from+length], text[from+length:]
	if length == 0 || strings.Contains(row[1:], "(") || strings.Contains(rest, "$") || strings.Contains(text[:at], "$") {
		return "", false
	}
	parts := strings.Split(row, "$")
	args := len(parts) - 1
	var b strings.Builder
	b.WriteString(text[:from])
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(parts[0])
		for _, part := range parts[1:] {
			digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
			k, err := strconv.Atoi(part[:digits])
			if err != nil || k > args {
				return "", false // an argument used twice, or none
			}
			b.WriteString("$" + strconv.Itoa(k+i*args) + part[digits:])
		}
	}
	b.WriteString(rest)
	return b.String(), true
}
