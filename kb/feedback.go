package kb

type vote struct{}
type memory struct{}

func (m *memory) reset()          {}
func (m *memory) forget(e *entry) {}
