package exchange

import (
	"fmt"
	"io"
	"strconv"
)

// Severity says what became of the row that a problem is about.
type Severity string

const (
	// Reject: the row was not taken in.
	Reject Severity = "reject"
	// Warn: the row was taken in, but something in it needs a person's eye.
	Warn Severity = "warn"
)

// Problem is one thing wrong in a file, addressed as a person would find it in a spreadsheet.
type Problem struct {
	Row      int      `json:"row"`              // 1-based spreadsheet row; 0 = the file as a whole
	Column   string   `json:"column,omitempty"` // header of the column, as in the file
	Value    string   `json:"value,omitempty"`  // the offending text
	Reason   string   `json:"reason"`           // a sentence for people
	Severity Severity `json:"severity"`
}

// Error makes a Problem usable as an error.
func (p Problem) Error() string {
	switch {
	case p.Row == 0:
		return p.Reason
	case p.Column == "":
		return fmt.Sprintf("row %d: %s", p.Row, p.Reason)
	default:
		return fmt.Sprintf("row %d, column %q, value %q: %s", p.Row, p.Column, p.Value, p.Reason)
	}
}

// ProblemWriter writes the row-level error file: CSV with the columns row, column, value, reason, severity. Values are
// neutralised as in every export, since people open this file in a spreadsheet.
type ProblemWriter struct {
	w      *csvEncoder
	header bool
}

// NewProblemWriter returns a writer onto w; call Flush when done.
func NewProblemWriter(w io.Writer) *ProblemWriter {
	return &ProblemWriter{w: newCSVEncoder(w, ',')}
}

// Write appends one line per problem.
func (pw *ProblemWriter) Write(problems ...Problem) error {
	pw.writeHeader()
	for _, p := range problems {
		row := ""
		if p.Row > 0 {
			row = strconv.Itoa(p.Row)
		}
		pw.w.plain(row)
		pw.w.text(p.Column)
		pw.w.text(p.Value)
		pw.w.text(p.Reason)
		pw.w.plain(string(p.Severity))
		pw.w.endRow()
	}
	return pw.w.err
}

// Flush writes what is buffered; a file without problems still gets its header line.
func (pw *ProblemWriter) Flush() error {
	pw.writeHeader()
	return pw.w.flush()
}

func (pw *ProblemWriter) writeHeader() {
	if pw.header {
		return
	}
	pw.header = true
	for _, h := range []string{"row", "column", "value", "reason", "severity"} {
		pw.w.plain(h)
	}
	pw.w.endRow()
}
