package ticket

import (
	"errors"
	"time"
)

// Limits that keep hostile input cheap. Names are counted in bytes.
const (
	MaxName   = 256       // longest id, customer, tag, skill, … in bytes
	MaxTags   = 64        // tags on one ticket
	MaxSkills = 64        // skills on one ticket (required, and preferred) or agent
	MaxWeight = 1_000_000 // largest weight of a ticket, capacity of an agent, weight of a wish
	MaxLevel  = 9         // highest line of support
)

// Ticket is one request of a customer, as the host submits it. It is a plain
// value: copying it is safe as long as nobody writes to its slices.
type Ticket struct {
	ID       string   `json:"id"`
	Customer string   `json:"customer,omitempty"`
	Channel  Channel  `json:"channel"`
	Type     Type     `json:"type,omitempty"`
	Priority Priority `json:"priority,omitempty"`
	Tier     Tier     `json:"tier,omitempty"`
	Tags     []string `json:"tags,omitempty"`

	// What it asks of an agent.
	Team      string `json:"team,omitempty"`      // only members of this team
	Level     int    `json:"level,omitempty"`     // at least this line of support: 1 first line, 2 expert, 3 supervisor
	Required  []Need `json:"required,omitempty"`  // all of these skills
	Preferred []Wish `json:"preferred,omitempty"` // the more of these the better
	Agent     string `json:"agent,omitempty"`     // preferably this agent
	Location  Point  `json:"location,omitzero"`

	// Weight is what the ticket costs of an agent's capacity; 0 takes the cost
	// of its channel.
	Weight int `json:"weight,omitempty"`

	// Created is when the customer asked. The age of a ticket, and every promise
	// about it, counts from here. Zero takes the time of submission.
	Created time.Time `json:"created,omitzero"`
}

// Validate reports every fault of the ticket, joined; each is a [*FieldError].
func (t *Ticket) Validate() error {
	c := check{id: t.ID}
	c.name("id", t.ID, true)
	c.name("customer", t.Customer, false)
	c.name("channel", string(t.Channel), true)
	c.name("type", string(t.Type), false)
	c.name("tier", string(t.Tier), false)
	c.name("team", t.Team, false)
	c.name("agent", t.Agent, false)
	c.count("tags", len(t.Tags), MaxTags)
	for _, tag := range t.Tags {
		c.name("tag", tag, true)
	}
	c.between("level", t.Level, 0, MaxLevel)
	c.between("weight", t.Weight, 0, MaxWeight)
	c.needs(t.Required)
	c.wishes(t.Preferred)
	if !t.Location.valid() {
		c.fault("location", t.Location, "outside the globe")
	}
	if !t.Created.IsZero() {
		c.time("created", t.Created)
	}
	return errors.Join(c.faults...)
}

// Demand is what a ticket asks of an agent, reduced to what the policies in use
// look at, so that tickets that differ in nothing that matters share a lane.
// A policy fills the fields it reads; the rest stay zero.
type Demand struct {
	Channel   Channel  `json:"channel"`
	Weight    int      `json:"weight"` // cost in capacity units, never 0 here
	Team      string   `json:"team,omitempty"`
	Level     int      `json:"level,omitempty"`
	Tier      Tier     `json:"tier,omitempty"`
	Type      Type     `json:"type,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Location  Point    `json:"location,omitzero"`
	Required  []Need   `json:"required,omitempty"`
	Preferred []Wish   `json:"preferred,omitempty"`
}

// Point is a place on the globe in millionths of a degree, north and east
// positive. The zero Point means that no place is known.
type Point struct {
	Lat int32 `json:"lat"`
	Lon int32 `json:"lon"`
}

func (p Point) valid() bool {
	return -90e6 <= p.Lat && p.Lat <= 90e6 && -180e6 <= p.Lon && p.Lon <= 180e6
}
