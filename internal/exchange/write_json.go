package exchange

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// WriteJSON writes an array of objects, one per row, with the header's names as keys, in its order. Empty cells are null. It
// returns the number of rows. JSON goes to programs, so formulas are not neutralised.
func WriteJSON(w io.Writer, header []string, rows Rows) (int, error) {
	return writeObjects(w, header, rows, "[\n", ",\n", "\n]\n")
}

// WriteNDJSON writes one object per line.
func WriteNDJSON(w io.Writer, header []string, rows Rows) (int, error) {
	return writeObjects(w, header, rows, "", "\n", "\n")
}

func writeObjects(w io.Writer, header []string, rows Rows, open, between, end string) (int, error) {
	bw := bufio.NewWriterSize(w, 64<<10)
	keys, err := jsonKeys(header)
	if err != nil {
		return 0, err
	}
	var buf []byte
	n := 0
	if _, err := bw.WriteString(open); err != nil {
		return 0, fmt.Errorf("write json: %w", err)
	}
	for row, err := range rows {
		if err != nil {
			return n, fmt.Errorf("write json, after row %d: %w", n, err)
		}
		if err := checkWidth(row, header, n+1); err != nil {
			return n, fmt.Errorf("write json: %w", err)
		}
		buf = buf[:0]
		if n > 0 {
			buf = append(buf, between...)
		}
		if buf, err = appendObject(buf, keys, row, nil); err != nil {
			return n, fmt.Errorf("write json, row %d: %w", n+1, err)
		}
		if _, err := bw.Write(buf); err != nil {
			return n, fmt.Errorf("write json, row %d: %w", n+1, err)
		}
		n++
	}
	if n > 0 || open != "" {
		if _, err := bw.WriteString(end); err != nil {
			return n, fmt.Errorf("write json: %w", err)
		}
	}
	if err := bw.Flush(); err != nil {
		return n, fmt.Errorf("write json: %w", err)
	}
	return n, nil
}

// jsonKeys returns each name encoded, with its colon.
func jsonKeys(header []string) ([][]byte, error) {
	keys := make([][]byte, len(header))
	for i, h := range header {
		k, err := json.Marshal(h)
		if err != nil {
			return nil, fmt.Errorf("write json, column %q: %w", h, err)
		}
		keys[i] = append(k, ':')
	}
	return keys, nil
}

// appendObject appends the row; columns that skip names are left out.
func appendObject(buf []byte, keys [][]byte, row []Value, skip func(i int) bool) ([]byte, error) {
	buf = append(buf, '{')
	first := true
	for i, v := range row {
		if skip != nil && skip(i) {
			continue
		}
		if !first {
			buf = append(buf, ',')
		}
		first = false
		buf = append(buf, keys[i]...)
		var err error
		if buf, err = v.appendJSON(buf); err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

func (v Value) appendJSON(buf []byte) ([]byte, error) {
	switch v.kind {
	case valueText:
		return appendJSONText(buf, v.text)
	case valueDay:
		return append(append(append(buf, '"'), v.day.String()...), '"'), nil
	case valueNumber:
		return strconv.AppendFloat(buf, v.num, 'f', -1, 64), nil
	case valueBool:
		return strconv.AppendBool(buf, v.num != 0), nil
	default:
		return append(buf, "null"...), nil
	}
}

func appendJSONText(buf []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b, err := json.Marshal(s)
			return append(buf, b...), err
		}
	}
	return append(append(append(buf, '"'), s...), '"'), nil
}

// WriteGeoJSON writes a FeatureCollection of points (WGS 84). lon and lat name the columns with degrees; the others become
// properties. A row without a position is a Feature with a null geometry: it is counted, and it is not lost. It returns the
// number of rows and how many of them have no position.
func WriteGeoJSON(w io.Writer, header []string, lon, lat string, rows Rows) (n, withoutPoint int, err error) {
	x, y := -1, -1
	for i, h := range header {
		switch h {
		case lon:
			x = i
		case lat:
			y = i
		}
	}
	if x < 0 || y < 0 {
		return 0, 0, fmt.Errorf("write geojson: no columns %q and %q", lon, lat)
	}
	keys, err := jsonKeys(header)
	if err != nil {
		return 0, 0, err
	}
	bw := bufio.NewWriterSize(w, 64<<10)
	if _, err := bw.WriteString(`{"type":"FeatureCollection","features":[`); err != nil {
		return 0, 0, fmt.Errorf("write geojson: %w", err)
	}
	var buf []byte
	for row, err := range rows {
		if err != nil {
			return n, withoutPoint, fmt.Errorf("write geojson, after row %d: %w", n, err)
		}
		if err := checkWidth(row, header, n+1); err != nil {
			return n, withoutPoint, fmt.Errorf("write geojson: %w", err)
		}
		buf = buf[:0]
		if n > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, "\n{\"type\":\"Feature\",\"geometry\":"...)
		if row[x].kind == valueNumber && row[y].kind == valueNumber {
			buf = append(buf, `{"type":"Point","coordinates":[`...)
			buf = strconv.AppendFloat(buf, row[x].num, 'f', -1, 64)
			buf = append(buf, ',')
			buf = strconv.AppendFloat(buf, row[y].num, 'f', -1, 64)
			buf = append(buf, "]}"...)
		} else {
			buf = append(buf, "null"...)
			withoutPoint++
		}
		buf = append(buf, `,"properties":`...)
		if buf, err = appendObject(buf, keys, row, func(i int) bool { return i == x || i == y }); err != nil {
			return n, withoutPoint, fmt.Errorf("write geojson, row %d: %w", n+1, err)
		}
		buf = append(buf, '}')
		if _, err := bw.Write(buf); err != nil {
			return n, withoutPoint, fmt.Errorf("write geojson, row %d: %w", n+1, err)
		}
		n++
	}
	if _, err := bw.WriteString("\n]}\n"); err != nil {
		return n, withoutPoint, fmt.Errorf("write geojson: %w", err)
	}
	if err := bw.Flush(); err != nil {
		return n, withoutPoint, fmt.Errorf("write geojson: %w", err)
	}
	return n, withoutPoint, nil
}
