package ticket_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

// FuzzTicketJSON: whatever JSON reads as a legal ticket is written and read back
// as the same ticket, and written the same again.
func FuzzTicketJSON(f *testing.F) {
	full, err := json.Marshal(ticket.Ticket{ID: "GD20231009001", Customer: "kim", Channel: ticket.Phone, Type: ticket.Complaint,
		Priority: ticket.Urgent, Tier: ticket.VIP, Tags: []string{"blue"}, Team: "north", Level: 2,
		Required:  []ticket.Need{{Skill: "order", Op: ticket.Exactly, Level: 3, Hard: true}},
		Preferred: []ticket.Wish{{Need: ticket.Need{Skill: "german"}, Weight: 5}}, Agent: "li",
		Location: ticket.Point{Lat: 31_230_000, Lon: 121_470_000}, Weight: 3, Created: time.Date(2023, 10, 9, 14, 20, 0, 1, time.UTC)})
	require.NoError(f, err)
	f.Add(full)
	f.Add([]byte(`{"id":"a","channel":"web"}`))
	f.Add([]byte(`{"id":"a","channel":"web","priority":"-7","created":"2023-10-09T14:20:00.5+08:00"}`))
	f.Add([]byte(`{"id":"a","channel":"web","required":[{"skill":"x","op":"<=","level":2}],"preferred":[],"tags":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second ticket.Ticket
		if json.Unmarshal(b, &first) != nil || first.Validate() != nil {
			return
		}
		text, err := json.Marshal(first)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &second), "%s", text)
		require.NoError(t, second.Validate(), "%s", text)
		require.True(t, first.Created.Equal(second.Created), "%s", text)
		again, err := json.Marshal(second)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
		first.Created, second.Created = time.Time{}, time.Time{}
		first.Tags, second.Tags = append([]string{}, first.Tags...), append([]string{}, second.Tags...)
		first.Required, second.Required = append([]ticket.Need{}, first.Required...), append([]ticket.Need{}, second.Required...)
		first.Preferred, second.Preferred = append([]ticket.Wish{}, first.Preferred...), append([]ticket.Wish{}, second.Preferred...)
		require.Equal(t, first, second)
	})
}
