package transfer_test

import (
	"testing"
	"time"

	"firebreak/internal/transfer"
)

func TestAutoPlanDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2022, 3, 5, 9, 0, 0, 0, time.UTC)
	on := transfer.AutoPlan{Every: 10 * time.Minute}
	ago := func(m int) time.Time { return now.Add(-time.Duration(m) * time.Minute) }
	for _, tc := range []struct {
		name string
		set  transfer.AutoPlan
		news transfer.News
		want bool
	}{
		{"off", transfer.AutoPlan{}, transfer.News{Fresh: 3}, false},
		{"never planned, and nobody waits", on, transfer.News{}, false},
		{"never planned", on, transfer.News{Fresh: 1, Waiting: 1}, true},
		{"somebody new", on, transfer.News{Last: ago(10), Fresh: 1, Waiting: 1}, true},
		{"too soon", on, transfer.News{Last: ago(9), Fresh: 1, Waiting: 1, Broken: 1, Full: 1}, false},
		{"a breakdown", on, transfer.News{Last: ago(11), Broken: 1}, true},
		{"a full place", on, transfer.News{Last: ago(11), Full: 1}, true},
		{"could not be fetched, lately", on, transfer.News{Last: ago(29), Waiting: 2}, false},
		{"could not be fetched", on, transfer.News{Last: ago(30), Waiting: 2}, true},
		{"late", on, transfer.News{Last: ago(30), Late: 2}, true},
		{"late, and the setting is slower", transfer.AutoPlan{Every: time.Hour}, transfer.News{Last: ago(59), Late: 2}, false},
		{"all are fetched in time", on, transfer.News{Last: ago(600)}, false},
	} {
		if got := tc.set.Due(now, tc.news); got != tc.want {
			t.Errorf("%s: due %t, want %t", tc.name, got, tc.want)
		}
	}
}
