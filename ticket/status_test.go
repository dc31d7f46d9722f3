package ticket

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The whole life cycle, written down a second time, by state: which steps are
// legal, and where each leads ("=" if the ticket stays).
var lives = map[Status]map[Step]Status{
	None:     {Submit: ToAssign},
	ToAssign: {Offer: Offered, Assign: InProgress, Pull: InProgress, Reply: ToAssign, Cancel: Cancelled, Abandon: Cancelled, Transfer: ToAssign, Escalate: ToAssign},
	Offered: {Accept: InProgress, Decline: ToAssign, Expire: ToAssign, Withdraw: ToAssign, Assign: InProgress, Reply: Offered,
		Cancel: Cancelled, Abandon: Cancelled, Transfer: ToAssign, Escalate: ToAssign, Return: ToAssign},
	InProgress: {Assign: InProgress, Reply: InProgress, Hold: OnHold, AwaitFeedback: AwaitingFeedback, Resolve: Done,
		Cancel: Cancelled, Transfer: ToAssign, Escalate: ToAssign, Return: ToAssign},
	OnHold: {Assign: InProgress, Reply: OnHold, Resume: InProgress, Resolve: Done,
		Cancel: Cancelled, Transfer: ToAssign, Escalate: ToAssign, Return: ToAssign},
	AwaitingFeedback: {Assign: InProgress, Reply: AwaitingFeedback, Resume: InProgress, Resolve: Done,
		Cancel: Cancelled, Transfer: ToAssign, Escalate: ToAssign, Return: ToAssign},
	Done:      {Reply: Done, Close: Closed, Reopen: ToAssign},
	Closed:    {Reopen: ToAssign},
	Cancelled: {},
}

// Who may not take a step, beside Anyone who may take all.
var barred = map[Step][]Role{
	Submit: {}, Reply: {}, Resolve: {},
	Offer:  {Customer, Agent, Supervisor, Bot},
	Accept: {Customer, Supervisor, Bot, System}, Decline: {Customer, Supervisor, Bot, System}, Pull: {Customer, Supervisor, Bot, System},
	Expire: {Customer, Agent, Supervisor, Bot}, Return: {Customer, Agent, Supervisor, Bot},
	Withdraw: {Customer, Agent, Bot}, Assign: {Customer, Agent, Bot},
	Hold: {Customer, Bot}, AwaitFeedback: {Customer, Bot}, Transfer: {Customer, Bot},
	Resume: {Bot}, Close: {Bot}, Reopen: {Bot}, Escalate: {Bot},
	Cancel: {Agent, Bot}, Abandon: {Agent, Supervisor, Bot},
}

func TestEveryPairOfStateAndStep(t *testing.T) {
	legal := 0
	for from := None; from <= Cancelled; from++ {
		for step := Submit; step <= Return; step++ {
			for by := Anyone; by <= System; by++ {
				name := fmt.Sprintf("%s, %s by %s", from, step, by)
				to, ok := lives[from][step]
				got, err := Next("GD1", from, step, by)
				if ok && !slices.Contains(barred[step], by) {
					legal++
					require.NoError(t, err, name)
					require.Equal(t, to, got, name)
					continue
				}
				require.Equal(t, from, got, "%s: the state must stay", name)
				var e *StepError
				require.True(t, errors.As(err, &e), name)
				require.Equal(t, "GD1", e.Ticket)
				require.Equal(t, step, e.Step)
				require.Equal(t, from, e.From)
				require.Equal(t, by, e.By)
				require.Contains(t, err.Error(), from.String(), name)
				require.Contains(t, err.Error(), "GD1", name)
			}
		}
	}
	require.Equal(t, 200, legal, "steps, states and roles that go together")
}

func TestStepErrorNamesBothStatesOrTheRole(t *testing.T) {
	_, err := Next("GD1", Closed, Hold, Agent)
	require.EqualError(t, err, `usher: ticket "GD1": cannot hold: closed to on-hold is no legal step`)
	_, err = Next("GD1", InProgress, Hold, Customer)
	require.EqualError(t, err, `usher: ticket "GD1": customer may not hold (in-progress to on-hold)`)
}

func TestNextOfWhatDoesNotExist(t *testing.T) {
	for _, c := range []struct {
		from Status
		step Step
		by   Role
	}{{Cancelled + 1, Close, Anyone}, {Done, Return + 1, Anyone}, {Done, Close, System + 1}, {255, 255, 255}} {
		got, err := Next("x", c.from, c.step, c.by)
		require.Error(t, err)
		require.Equal(t, c.from, got)
		require.NotEmpty(t, err.Error())
	}
}

func TestWhichStatesAreWork(t *testing.T) {
	for s := None; s <= Cancelled; s++ {
		require.Equal(t, s == InProgress || s == OnHold || s == AwaitingFeedback, s.Assigned(), s)
		require.Equal(t, s == Done || s == Closed || s == Cancelled, s.Ended(), s)
	}
}
