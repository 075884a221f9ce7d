package command

import (
	"context"
	"errors"
	"fmt"

	"firebreak/internal/exchange"
)

// ReportTubeFile is a laboratory's file of results.
type ReportTubeFile struct {
	Outbreak   string
	Laboratory string
	Source     *exchange.Source
	Reject     func(RejectedTube) error // is told each row that was not taken; nil: nobody
	Done       func(rows int)           // is told how many rows are behind; nil: nobody
}

// TubeFileReported says what became of a file: Rows = New + Corrected + Unchanged + Kept + Rejected, and Rows are all there were.
type TubeFileReported struct {
	TubesReported
	Blank    int                `json:"blank"`
	Ignored  []string           `json:"ignored"`  // columns that were not read
	Warnings []exchange.Problem `json:"warnings"` // of the file as a whole
}

// ErrTubeFileCut is wrapped by ReportTubeFile for a file that looks cut off. What it held was taken; the rest must be sent.
var ErrTubeFileCut = errors.New("the file looks cut off: ask the laboratory how many rows there should be, and send all of them again")

// tubesAPart is how many rows of a file share one change: what waits meanwhile waits some tenths of a second.
const tubesAPart = 2_000

// ReportTubeFile reports the results of a file in parts, each all or nothing; a file that broke off may be given again. It fails loudly where rows are not accounted for,
// and where the file ends at a row where a spreadsheet ends.
func (c *Commands) ReportTubeFile(ctx context.Context, by By, in ReportTubeFile) (TubeFileReported, error) {
	return in.Through(func(rows []TubeRow) (TubesReported, error) {
		return c.ReportTubes(ctx, by, ReportTubes{Outbreak: in.Outbreak, Laboratory: in.Laboratory, Rows: rows})
	})
}

// Through reads the file here and has report take its parts, as a server elsewhere may.
func (in ReportTubeFile) Through(report func([]TubeRow) (TubesReported, error)) (out TubeFileReported, err error) {
	out.Rejects = []RejectedTube{}
	var rows []TubeRow
	flush := func() error {
		done, err := report(rows)
		if err != nil {
			return err
		}
		rows = rows[:0]
		if in.Reject != nil {
			for _, r := range done.Rejects {
				if err := in.Reject(r); err != nil {
					return err
				}
			}
		}
		done.Rejects = done.Rejects[:min(len(done.Rejects), max(0, mostRejects-len(out.Rejects)))]
		out.Add(done)
		if in.Done != nil {
			in.Done(out.Rows)
		}
		return nil
	}
	file, err := exchange.TubeRows(in.Source, func(r exchange.TubeRow, bad *exchange.Problem) error {
		if bad != nil {
			x := RejectedTube{Row: r.Row, Tube: r.Code, Field: "row", Value: bad.Value, Reason: bad.Reason, Why: "row"}
			out.Add(TubesReported{Rows: 1, Rejected: 1})
			if len(out.Rejects) < mostRejects {
				out.Rejects = append(out.Rejects, x)
			}
			if in.Reject != nil {
				return in.Reject(x)
			}
			return nil
		}
		if rows = append(rows, r); len(rows) == tubesAPart {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush() // also where nothing is left: whoever may not report is told so
	}
	if err != nil {
		return out, err
	}
	out.Blank, out.Ignored, out.Warnings = file.Blank, file.Ignored, file.Problems
	if sum := out.New + out.Corrected + out.Unchanged + out.Kept + out.Rejected; file.Rows != out.Rows || sum != out.Rows {
		return out, fmt.Errorf("%s has %d rows, %d were given and %d are accounted for: report this as a defect", in.Source.Name(), file.Rows, out.Rows, sum)
	}
	if file.Truncated {
		return out, fmt.Errorf("%s: %w", in.Source.Name(), ErrTubeFileCut)
	}
	return out, nil
}

// mostRejects is how many rejected rows an answer lists; all are counted, and all are told to Reject.
const mostRejects = 1_000
