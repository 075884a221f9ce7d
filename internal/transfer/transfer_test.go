package transfer_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/transfer"
)

func TestStatesOfARequest(t *testing.T) {
	t.Parallel()
	allowed := map[transfer.State][]transfer.State{
		transfer.Open:    {transfer.Planned, transfer.Aboard, transfer.NoShow, transfer.Refused, transfer.Cancelled},
		transfer.Planned: {transfer.Open, transfer.Aboard, transfer.NoShow, transfer.Refused, transfer.Cancelled},
		transfer.Aboard:  {transfer.Arrived, transfer.Open},
		transfer.NoShow:  {transfer.Open, transfer.Aboard, transfer.Refused, transfer.Cancelled},
		transfer.Refused: {transfer.Open, transfer.Aboard, transfer.NoShow, transfer.Cancelled},
	}
	for _, from := range transfer.States() {
		for _, to := range transfer.States() {
			want := from == to
			for _, s := range allowed[from] {
				want = want || s == to
			}
			got, err := from.Move(to)
			if want != (err == nil) || want && got != to || !want && (got != from || !errors.Is(err, transfer.ErrState)) {
				t.Errorf("%s to %s gives %s, %v", from, to, got, err)
			}
		}
	}
}

func TestCare(t *testing.T) {
	t.Parallel()
	got, err := transfer.ParseCare([]string{" Oxygen", "barrier_free", "", "oxygen"})
	if err != nil || len(got) != 2 || got[0] != "barrier_free" || got[1] != "oxygen" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := transfer.ParseCare([]string{"oxygen; drop"}); !errors.Is(err, transfer.ErrCare) {
		t.Errorf("a sentence is taken for a need: %v", err)
	}
}

func TestShiftsFollowEachOther(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 3, 5, 8, 0, 0, 0, time.UTC)
	day := transfer.Shift{From: at, To: at.Add(8 * time.Hour)}
	night := transfer.Shift{From: day.To, To: day.To.Add(8 * time.Hour)}
	if _, err := transfer.CheckShifts([]transfer.Shift{day, night}); err != nil {
		t.Error(err)
	}
	for _, list := range [][]transfer.Shift{{day, day}, {{From: at, To: at}}, {{From: at, To: at.Add(25 * time.Hour)}}} {
		if _, err := transfer.CheckShifts(list); !errors.Is(err, transfer.ErrShift) {
			t.Errorf("%v are taken", list)
		}
	}
}
