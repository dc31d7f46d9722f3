package ticket

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var shanghai = time.FixedZone("Shanghai", 8*60*60)

func generator(t *testing.T, digits int) *IDs {
	g, err := NewIDs("GD", shanghai, digits)
	require.NoError(t, err)
	return g
}

func next(t *testing.T, g *IDs, at time.Time) string {
	id, err := g.Next(at)
	require.NoError(t, err)
	return id
}

func TestIDsCountThroughTheDay(t *testing.T) {
	g := generator(t, 3)
	at := time.Date(2023, 10, 1, 10, 0, 0, 0, shanghai)
	require.Equal(t, "GD20231001001", next(t, g, at))
	require.Equal(t, "GD20231001002", next(t, g, at))
	require.Equal(t, "GD20231001003", next(t, g, at.Add(5*time.Hour)))
}

func TestIDsStartAfreshAtLocalMidnight(t *testing.T) {
	g := generator(t, 3)
	midnight := time.Date(2023, 10, 2, 0, 0, 0, 0, shanghai)
	require.Equal(t, "GD20231001001", next(t, g, midnight.Add(-time.Nanosecond)))
	require.Equal(t, "GD20231002001", next(t, g, midnight))
	// The date is that of the generator's zone, whatever the zone of the time.
	require.Equal(t, "GD20231002002", next(t, g, midnight.UTC()))
	require.Equal(t, 1, midnight.UTC().Day())
}

func TestIDsNeverRepeatWhenTheClockStepsBack(t *testing.T) {
	g := generator(t, 3)
	noon := time.Date(2023, 10, 2, 12, 0, 0, 0, shanghai)
	seen := map[string]bool{}
	for _, back := range []time.Duration{0, time.Hour, 13 * time.Hour, 0, 400 * 24 * time.Hour} {
		id := next(t, g, noon.Add(-back))
		require.False(t, seen[id], id)
		require.Equal(t, "GD20231002", id[:10], "it stays with the later date")
		seen[id] = true
	}
}

func TestIDsGoOnAfterARestart(t *testing.T) {
	noon := time.Date(2023, 10, 2, 12, 0, 0, 0, shanghai)
	g := generator(t, 3)
	require.NoError(t, g.Seed("GD20231002041"))
	require.NoError(t, g.Seed("GD20231002007"), "an older one changes nothing")
	require.NoError(t, g.Seed("GD20230930900"))
	require.Equal(t, "GD20231002042", next(t, g, noon))
	require.Equal(t, "GD20231003001", next(t, g, noon.Add(24*time.Hour)))
	// The last id came from a clock that was ahead.
	ahead := generator(t, 3)
	require.NoError(t, ahead.Seed("GD20231004001"))
	require.Equal(t, "GD20231004002", next(t, ahead, noon))
}

func TestIDsRunOut(t *testing.T) {
	noon := time.Date(2023, 10, 2, 12, 0, 0, 0, shanghai)
	g := generator(t, 2)
	require.NoError(t, g.Seed("GD2023100299"))
	for range 2 { // and stay out
		_, err := g.Next(noon)
		var over *OverflowError
		require.True(t, errors.As(err, &over))
		require.Equal(t, OverflowError{Prefix: "GD", Day: "20231002", Digits: 2}, *over)
	}
	require.Equal(t, "GD2023100301", next(t, g, noon.Add(24*time.Hour)))
	big := generator(t, 9)
	require.NoError(t, big.Seed("GD20231002999999998"))
	require.Equal(t, "GD20231002999999999", next(t, big, noon))
	_, err := big.Next(noon)
	require.Error(t, err)
}

func TestSeedRefusesForeignIDs(t *testing.T) {
	g := generator(t, 3)
	for _, id := range []string{"", "GD", "XX20231002001", "GD20231002", "GD2023100201", "GD202310020001", "GD20231302001",
		"GD20231002000", "GD2023100200x", "GD20231002-01", "GD20231002+01", "gd20231002001", "GD 2023100201"} {
		err := g.Seed(id)
		var field *FieldError
		require.True(t, errors.As(err, &field), "%q", id)
		require.Equal(t, id, field.Value)
	}
	require.Equal(t, "GD20231002001", next(t, g, time.Date(2023, 10, 2, 12, 0, 0, 0, shanghai)), "nothing was taken over")
}

func TestNewIDsRefusesNonsense(t *testing.T) {
	for _, c := range []struct {
		prefix string
		zone   *time.Location
		digits int
	}{{"GD", nil, 3}, {"GD", time.UTC, 0}, {"GD", time.UTC, 10}, {"G\xff", time.UTC, 3}} {
		_, err := NewIDs(c.prefix, c.zone, c.digits)
		var field *FieldError
		require.True(t, errors.As(err, &field), "%+v", c)
	}
	_, err := NewIDs("", time.UTC, 1)
	require.NoError(t, err, "no prefix is fine")
}

func TestIDsOfYearsWithoutFourDigits(t *testing.T) {
	g := generator(t, 3)
	_, err := g.Next(time.Date(12023, 10, 2, 12, 0, 0, 0, time.UTC))
	require.Error(t, err)
}

func TestIDsAreSafeForConcurrentUse(t *testing.T) {
	g := generator(t, 6)
	at := time.Date(2023, 10, 2, 12, 0, 0, 0, shanghai)
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				id, err := g.Next(at)
				mu.Lock()
				if err != nil || seen[id] {
					t.Errorf("%q given twice, or %v", id, err)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Len(t, seen, 1600)
	require.Equal(t, "GD20231002001601", next(t, g, at))
}
