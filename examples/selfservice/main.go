// Command selfservice answers what is already known and sorts the rest: a
// customer who is helped by an article takes no agent, any other ticket gets a
// type and a skill from its words.
//
//	go run ./examples/selfservice
package main

import (
	"fmt"
	"log"

	"github.com/usherdesk/usher/examples/selfservice/helpdesk"
	"github.com/usherdesk/usher/kb"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	answers := kb.NewIndex(kb.Config{Threshold: 0.6})
	if err := answers.Put(helpdesk.Articles()...); err != nil {
		return err
	}
	answers.Train()
	types, err := kb.TrainClassifier(helpdesk.Types(), kb.ClassifierConfig{})
	if err != nil {
		return err
	}
	skills, err := kb.TrainClassifier(helpdesk.Skills(), kb.ClassifierConfig{})
	if err != nil {
		return err
	}

	for _, text := range []string{
		"I forgot my password and cannot log in",
		"退款幾天可以到賬？", // traditional characters
		"this is outrageous, you sent the wrong item twice",
		"支付的时候提示错误",
		"what do you think of the weather",
	} {
		answer := answers.Match(text, kb.Scope{}, nil)
		if len(answer.Matches) > 0 && !answer.Ask {
			fmt.Printf("%s\n  answered by %s\n", text, answer.Matches[0].ID)
			continue
		}
		fmt.Printf("%s\n  to an agent: type %s, skill %s\n", text, best(types, text), best(skills, text))
	}

	// An agent finds the article that would have helped, and says so.
	const odd = "my parcel seems to be lost in space"
	show := func() {
		if m := answers.Match(odd, kb.Scope{}, nil).Matches; len(m) > 0 {
			fmt.Printf("%s\n  answered by %s\n", odd, m[0].ID)
		} else {
			fmt.Printf("%s\n  no answer\n", odd)
		}
	}
	show()
	if err := answers.Confirm("track-order-en", odd); err != nil {
		return err
	}
	show()
	return nil
}

// best is the likeliest label, or "?" if the classifier would rather not say.
func best(c *kb.Classifier, text string) string {
	v := c.Classify(text, nil)
	if v.None {
		return "?"
	}
	return v.Guesses[0].Label
}
