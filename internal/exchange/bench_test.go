package exchange

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"firebreak/internal/day"
)

// lineList makes a CSV of n cases and 15 columns, one in ten with a quoted cell.
func lineList(n int) []byte {
	var b bytes.Buffer
	b.WriteString("id,name,sex,age,date_of_birth,classification,date_onset,date_report,date_confirmation,outcome,hospital,district,occupation,lon,lat\n")
	first := day.MustParse("2022-01-01")
	for i := range n {
		d := first.Add(i % 300)
		hospital := "Central Hospital"
		if i%10 == 0 {
			hospital = `"East, Hospital"`
		}
		fmt.Fprintf(&b, "QD-%07d,Person %d,%s,%d,19%02d-03-04,%s,%s,%s,%s,,%s,District %d,teacher,120.%04d,36.%04d\n",
			i, i, []string{"M", "F"}[i%2], i%90, i%100, []string{"Confirmed", "Suspected"}[i%2], d, d.Add(2), d.Add(3), hospital, i%10, i%10000, i%10000)
	}
	return b.Bytes()
}

func BenchmarkScanCSV(b *testing.B) {
	const n = 100_000
	data := lineList(n)
	src := NewSource("bench.csv", bytes.NewReader(data), int64(len(data)))
	tab, err := src.Table(ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	m := Recognise(tab.Header())[0].Map
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		tally, err := Scan(context.Background(), src, m, func(Record) error { return nil })
		if err != nil || tally.Cases != n || tally.Warnings != 0 {
			b.Fatalf("%+v, %v", tally, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkTableCSV(b *testing.B) {
	const n = 100_000
	data := lineList(n)
	src := NewSource("bench.csv", bytes.NewReader(data), int64(len(data)))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		tab, err := src.Table(ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := tab.Next(); err != nil {
				break
			}
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func benchRows(n int) Rows {
	return func(yield func([]Value, error) bool) {
		buf := make([]Value, 15)
		d := day.MustParse("2022-01-01")
		for i := range n {
			for j := range buf {
				buf[j] = Text("some text")
			}
			buf[0], buf[1], buf[2] = Int(i), Date(d.Add(i%300)), Text("=danger")
			if !yield(buf, nil) {
				return
			}
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	header := strings.Split("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o", ",")
	for name, write := range map[string]func(Rows) (int, error){
		"csv":    func(r Rows) (int, error) { return WriteCSV(io.Discard, header, r, CSVOptions{}) },
		"ndjson": func(r Rows) (int, error) { return WriteNDJSON(io.Discard, header, r) },
		"xlsx":   func(r Rows) (int, error) { return WriteXLSX(io.Discard, "x", header, r) },
	} {
		b.Run(name, func(b *testing.B) {
			const n = 20_000
			b.ReportAllocs()
			for b.Loop() {
				if _, err := write(benchRows(n)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkTableXLSX(b *testing.B) {
	const n = 10_000
	var buf bytes.Buffer
	if _, err := WriteXLSX(&buf, "x", strings.Split("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o", ","), benchRows(n)); err != nil {
		b.Fatal(err)
	}
	src := NewSource("bench.xlsx", bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	for b.Loop() {
		tab, err := src.Table(ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := tab.Next(); err != nil {
				break
			}
		}
		if rows, _, _ := tab.Counts(); rows != n {
			b.Fatalf("%d rows", rows)
		}
		if err := tab.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// Memory must not grow with the file, but for the codes that are remembered.
func TestScanMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("allocates a large file")
	}
	const n = 300_000
	data := lineList(n)
	src := NewSource("bench.csv", bytes.NewReader(data), int64(len(data)))
	tab, err := src.Table(ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m := Recognise(tab.Header())[0].Map
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var peak uint64
	rows := 0
	if _, err := Scan(context.Background(), src, m, func(Record) error {
		if rows++; rows == n {
			runtime.GC()
			runtime.ReadMemStats(&after)
			peak = after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if perRow := float64(peak) / n; perRow > 100 {
		t.Errorf("%.0f bytes held per row at the end of the scan, want at most 100", perRow)
	} else {
		t.Logf("%.0f bytes held per row", perRow)
	}
}
