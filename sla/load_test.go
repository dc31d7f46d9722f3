package sla

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

func TestRecordsAsJSON(t *testing.T) {
	at := when("Mon 09:00")
	whole := Record{Ticket: "a", Channel: ticket.Web, Type: ticket.Complaint, Priority: ticket.Urgent, Tier: ticket.VIP, Tags: []string{"x"}, Team: "t",
		Created: at, Assigned: at, Answers: []time.Time{at}, BotAnswers: []time.Time{at}, CustomerWrote: []time.Time{at},
		Holds: []Hold{{WaitingOnCustomer, at, at}}, Stages: []StageTime{{"visit", at, at}},
		Escalated: at, Resolved: at, Closed: at, Cancelled: at}
	for i := range reflect.TypeFor[Record]().NumField() {
		require.False(t, reflect.ValueOf(whole).Field(i).IsZero(), "the test forgets a field")
	}
	const nine = `"2025-03-03T09:00:00Z"`
	for _, x := range []struct {
		record Record
		text   string
	}{
		{whole, `{"ticket":"a","channel":"web","type":"complaint","priority":"urgent","tier":"vip","tags":["x"],"team":"t",
			"created":` + nine + `,"assigned":` + nine + `,"answers":[` + nine + `],"bot_answers":[` + nine + `],"customer_wrote":[` + nine + `],
			"holds":[{"reason":"customer","from":` + nine + `,"to":` + nine + `}],"stages":[{"name":"visit","began":` + nine + `,"ended":` + nine + `}],
			"escalated":` + nine + `,"resolved":` + nine + `,"closed":` + nine + `,"cancelled":` + nine + `}`},
		{Record{Ticket: "b", Created: at, Holds: []Hold{{From: at}}, Stages: []StageTime{{Name: "visit", Began: at}}},
			`{"ticket":"b","created":` + nine + `,"holds":[{"from":` + nine + `}],"stages":[{"name":"visit","began":` + nine + `}]}`},
		{Record{}, `{}`}, // of a host that has only what the router asks for
	} {
		b, err := json.Marshal(x.record)
		require.NoError(t, err)
		require.JSONEq(t, x.text, string(b))
		var back Record
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, x.record, back)
	}
}
