package exchange

import (
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// WriteXLSX writes a workbook and returns the number of data rows. Rows are streamed to a temporary file and then to w, so
// memory stays constant. What does not fit one sheet goes on in the next ("cases", "cases 2", ...), each with the header:
// nothing is ever cut at row 1,048,576. A text longer than a cell can hold is an error, not a cut text.
//
// Numbers come back to 15 digits, as spreadsheets have them. Texts are written as text and neutralised all the same, because people save such sheets as CSV.
func WriteXLSX(w io.Writer, sheet string, header []string, rows Rows) (n int, err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: ptr("yyyy-mm-dd")})
	if err != nil {
		return 0, fmt.Errorf("write xlsx: %w", err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return 0, fmt.Errorf("write xlsx: %w", err)
	}
	x := &xlsxWriter{f: f, name: sheet, header: header, date: style, bold: bold, limit: xlsxRows, cells: make([]any, len(header))}
	if err := x.nextSheet(); err != nil {
		return 0, fmt.Errorf("write xlsx: %w", err)
	}
	for row, err := range rows {
		if err != nil {
			return n, fmt.Errorf("write xlsx, after row %d: %w", n, err)
		}
		if err := checkWidth(row, header, n+1); err != nil {
			return n, fmt.Errorf("write xlsx: %w", err)
		}
		if err := x.write(row); err != nil {
			return n, fmt.Errorf("write xlsx, row %d: %w", n+1, err)
		}
		n++
	}
	if err := x.sw.Flush(); err != nil {
		return n, fmt.Errorf("write xlsx: %w", err)
	}
	if err := f.Write(w); err != nil {
		return n, fmt.Errorf("write xlsx: %w", err)
	}
	return n, nil
}

func ptr[T any](v T) *T { return &v }

type xlsxWriter struct {
	f          *excelize.File
	sw         *excelize.StreamWriter
	name       string
	header     []string
	date, bold int
	sheets     int
	row        int // last row written in this sheet
	limit      int // rows of a sheet, the header included
	cells      []any
}

func (x *xlsxWriter) nextSheet() error {
	if x.sw != nil {
		if err := x.sw.Flush(); err != nil {
			return err
		}
	}
	x.sheets++
	name := x.name
	if x.sheets == 1 {
		if err := x.f.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else {
		name = fmt.Sprintf("%s %d", x.name, x.sheets)
		if _, err := x.f.NewSheet(name); err != nil {
			return err
		}
	}
	sw, err := x.f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	x.sw, x.row = sw, 1
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, h := range x.header {
		x.cells[i] = excelize.Cell{StyleID: x.bold, Value: neutralise(h)}
	}
	return sw.SetRow("A1", x.cells)
}

func (x *xlsxWriter) write(row []Value) error {
	if x.row >= x.limit-1 {
		// One row short of the full height, so that a full sheet of ours does not raise the alarm for a cut-off file.
		if err := x.nextSheet(); err != nil {
			return err
		}
	}
	x.row++
	for i, v := range row {
		switch v.kind {
		case valueText:
			s := neutralise(v.text)
			if tooLong(s) {
				return fmt.Errorf("column %q: %d bytes of text do not fit a spreadsheet cell (%d characters)", x.header[i], len(s), maxCellChars)
			}
			x.cells[i] = s
		case valueNumber:
			x.cells[i] = v.num
		case valueDay:
			if y, _, _ := v.day.Date(); y < 1900 || v.day < excelEpoch {
				x.cells[i] = v.day.String() // spreadsheets know no earlier days
				continue
			}
			x.cells[i] = excelize.Cell{StyleID: x.date, Value: v.day.Start(time.UTC)}
		case valueBool:
			x.cells[i] = v.num != 0
		default:
			x.cells[i] = nil
		}
	}
	cell, err := excelize.CoordinatesToCellName(1, x.row)
	if err != nil {
		return err
	}
	return x.sw.SetRow(cell, x.cells)
}

// excelEpoch is 1900-03-01: before it, Excel's day numbers are off by one.
const excelEpoch = 693655

func tooLong(s string) bool {
	if len(s) <= maxCellChars {
		return false
	}
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n > maxCellChars
}
