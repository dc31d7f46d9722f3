package match

import (
	"os"
	"testing"
)

// The measure runs on its own small sets, and on the real ones where
// USHER_SHARED names their directory.
func TestRows(t *testing.T) {
	for _, shared := range []string{"", os.Getenv("USHER_SHARED")} {
		rows, err := Rows(shared, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 6 {
			t.Fatalf("%d rows", len(rows))
		}
		for _, r := range rows {
			if r.Value <= 0 {
				t.Errorf("%v: %s", r, r.Detail)
			}
			t.Log(r, r.Detail)
		}
	}
}
