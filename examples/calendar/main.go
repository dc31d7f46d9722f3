// Calendar shows working time: split days, a holiday, a night shift, and the hour
// that summer time takes away.
package main

import (
	"fmt"
	"time"

	"github.com/usherdesk/usher/sla"
)

func main() {
	hours := sla.MustCalendar(`
		name    support
		zone    Europe/Berlin
		mon-fri 09:00-12:00 13:00-18:00
		sat     22:00-06:00
		holiday 2025-04-18 2025-04-21
	`)
	zone, err := time.LoadLocation(hours.Hours().Zone)
	if err != nil {
		panic(err)
	}
	show := func(what string, from time.Time, work time.Duration) {
		due, err := hours.Add(from, work)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%-22s %s + %v = %s\n", what, from.Format("Mon 02 Jan 15:04"), work, due.In(zone).Format("Mon 02 Jan 15:04 MST"))
	}
	show("over lunch", time.Date(2025, 4, 16, 11, 30, 0, 0, zone), time.Hour)
	show("to closing", time.Date(2025, 4, 16, 17, 0, 0, 0, zone), time.Hour)
	show("over a holiday", time.Date(2025, 4, 17, 17, 0, 0, 0, zone), 2*time.Hour)
	show("when the clock changes", time.Date(2025, 3, 29, 22, 0, 0, 0, zone), 6*time.Hour)

	friday := time.Date(2025, 4, 18, 10, 0, 0, 0, zone) // Good Friday
	open, _ := hours.NextOpen(friday)
	fmt.Println("open on Good Friday:", hours.Open(friday), "- next", open.In(zone).Format("Mon 15:04"))
	year := hours.Between(time.Date(2025, 1, 1, 0, 0, 0, 0, zone), time.Date(2026, 1, 1, 0, 0, 0, 0, zone))
	fmt.Println("working time in 2025:", year)
}
