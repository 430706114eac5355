package main

import (
	"fmt"
	"net"
	"strconv"
)

// partition names one log.
type partition struct {
	topic string
	index int32
}

// cluster is what one broker knows of all.
type cluster struct {
	brokers map[int32]string
	// topics are all that this user may see, with the error that each has; Kafka's own are left out.
	topics  map[string]int16
	leaders map[partition]int32
	// leaderless are partitions that nobody leads just now.
	leaderless      []partition
	underReplicated int
}

// readCluster asks any broker for all topics.
func readCluster(asking *session, address string) (*cluster, error) {
	request := &writer{}
	request.int32(-1) // all
	answer, err := asking.ask(address, apiMetadata, 1, request.data)
	if err != nil {
		return nil, err
	}
	found := &cluster{brokers: map[int32]string{}, topics: map[string]int16{}, leaders: map[partition]int32{}}
	for i := answer.count(); i > 0; i-- {
		id, host, port := answer.int32(), answer.text(), answer.int32()
		answer.text() // rack
		found.brokers[id] = net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	answer.int32() // controller
	for i := answer.count(); i > 0; i-- {
		code := answer.int16()
		topic, isInternal := answer.text(), answer.int8() != 0
		if !isInternal {
			found.topics[topic] = code
		}
		for j := answer.count(); j > 0; j-- {
			answer.int16() // error
			index, leader := answer.int32(), answer.int32()
			replicas := skip32(answer)
			inSync := skip32(answer)
			if isInternal {
				continue
			}
			if leader < 0 {
				found.leaderless = append(found.leaderless, partition{topic, index})
				continue
			}
			if inSync < replicas {
				found.underReplicated++
			}
			found.leaders[partition{topic, index}] = leader
		}
	}
	if answer.bad || len(found.brokers) == 0 {
		return nil, errNotKafka
	}
	return found, nil
}

// readEnds gives where each partition ends.
func (c *cluster) readEnds(asking *session, wanted func(topic string) bool) (map[partition]int64, error) {
	byLeader := map[int32]map[string][]int32{}
	for each, leader := range c.leaders {
		if !wanted(each.topic) {
			continue
		}
		if byLeader[leader] == nil {
			byLeader[leader] = map[string][]int32{}
		}
		byLeader[leader][each.topic] = append(byLeader[leader][each.topic], each.index)
	}
	ends := map[partition]int64{}
	for leader, topics := range byLeader {
		request := &writer{}
		request.int32(-1) // no replica asks
		request.int32(int32(len(topics)))
		for topic, indexes := range topics {
			request.text(topic)
			request.int32(int32(len(indexes)))
			for _, index := range indexes {
				request.int32(index)
				request.int64(-1) // the end
			}
		}
		answer, err := asking.ask(c.brokers[leader], apiListOffsets, 1, request.data)
		if err != nil {
			return nil, err
		}
		for i := answer.count(); i > 0; i-- {
			topic := answer.text()
			for j := answer.count(); j > 0; j-- {
				index, code := answer.int32(), answer.int16()
				answer.int64() // timestamp
				offset := answer.int64()
				if code != 0 {
					return nil, fmt.Errorf("%s[%d]: %s", topic, index, describeCode(code))
				}
				ends[partition{topic, index}] = offset
			}
		}
		if answer.bad {
			return nil, errNotKafka
		}
	}
	return ends, nil
}

// readCommitted gives how far a group has come; a partition that it never committed is missing.
func readCommitted(asking *session, address, group string, ends map[partition]int64) (map[partition]int64, error) {
	request := &writer{}
	request.text(group)
	answer, err := asking.ask(address, apiFindCoordinator, 0, request.data)
	if err != nil {
		return nil, err
	}
	if code := answer.int16(); code != 0 {
		return nil, fmt.Errorf("group %s: %s", group, describeCode(code))
	}
	answer.int32() // node
	coordinator := net.JoinHostPort(answer.text(), strconv.Itoa(int(answer.int32())))
	if answer.bad {
		return nil, errNotKafka
	}
	topics := map[string][]int32{}
	for each := range ends {
		topics[each.topic] = append(topics[each.topic], each.index)
	}
	request = &writer{}
	request.text(group)
	request.int32(int32(len(topics)))
	for topic, indexes := range topics {
		request.text(topic)
		request.int32(int32(len(indexes)))
		for _, index := range indexes {
			request.int32(index)
		}
	}
	answer, err = asking.ask(coordinator, apiOffsetFetch, 1, request.data)
	if err != nil {
		return nil, err
	}
	found := map[partition]int64{}
	for i := answer.count(); i > 0; i-- {
		topic := answer.text()
		for j := answer.count(); j > 0; j-- {
			index, offset := answer.int32(), answer.int64()
			answer.text() // metadata
			if code := answer.int16(); code != 0 {
				return nil, fmt.Errorf("group %s, %s[%d]: %s", group, topic, index, describeCode(code))
			}
			if offset >= 0 {
				found[partition{topic, index}] = offset
			}
		}
	}
	if answer.bad {
		return nil, errNotKafka
	}
	return found, nil
}

func skip32(answer *reader) int {
	found := answer.count()
	answer.take(4 * found)
	return found
}
