package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// region is a host's own policy, of which a stack may hold several.
type region string

func (r region) Name() string                                     { return "region " + string(r) }
func (r region) Qualifies(a *policy.Agent, _ *ticket.Demand) bool { return a.In(string(r)) }

func TestAHostsOwnPolicyMayStandTwice(t *testing.T) {
	rules, err := policy.Stack{region("north"), region("night")}.Compile()
	require.NoError(t, err)
	d := ticket.Demand{}
	require.Empty(t, rules.Qualifies(&policy.Agent{Teams: []string{"night", "north"}}, &d))
	require.Equal(t, "region night", rules.Qualifies(&policy.Agent{Teams: []string{"north"}}, &d))
	require.Equal(t, "region north", rules.Qualifies(&policy.Agent{}, &d))
}
