package promise

import (
	"testing"
	"time"
)

func TestRowsMeetTheirBudgetsGrossly(t *testing.T) {
	rows, err := Rows(3, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Log(r, r.Detail)
		if r.Value <= 0 && r.Name != "track-mallocs" || !r.Met(2) {
			t.Error("missed:", r)
		}
	}
}

func BenchmarkStartStop(b *testing.B) {
	const live = 1_000_000
	d, err := newDesk(live, names(live+1000))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := oldest(d.next, live, d.submit, d.resolve); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAfterFunc(b *testing.B) {
	const live = 1_000_000
	t := &timers{live: map[string]*[4]*time.Timer{}, ids: names(live + 1000)}
	for range live {
		t.submit()
	}
	b.ReportAllocs()
	for b.Loop() {
		t.submit()
		t.resolve(t.next - 1 - live)
	}
}
