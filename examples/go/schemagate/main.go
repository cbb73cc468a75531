// SPDX-License-Identifier: Apache-2.0
//
// schemagate lets a deployment go on only where the StarRocks database is as the files declare
// it, as `stateclient schema check` does.
//
//	schemagate DATABASE FOLDER     exit code 0: it is; 1: what is to be done is printed
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"stateserver/examples/connection"
	pb "stateserver/examples/statepb"
)

const pieceBytes = 256 << 10

func sendFiles(stream pb.SchemaService_DiffClient, database, folder string) error {
	begin := &pb.DiffRequest_Begin{Begin: &pb.DiffBegin{Database: database}}
	if err := stream.Send(&pb.DiffRequest{Message: begin}); err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for first := true; first || len(text) > 0; first = false {
			size := len(text)
			if size > pieceBytes {
				size = pieceBytes
			}
			file := &pb.SchemaFile{Name: filepath.Base(path), Text: text[:size]}
			if err := stream.Send(&pb.DiffRequest{Message: &pb.DiffRequest_ToFile{ToFile: file}}); err != nil {
				return err
			}
			text = text[size:]
		}
	}
	return stream.CloseSend()
}

// differences is what has to be done, a line each; empty where the database is as declared.
func differences(stream pb.SchemaService_DiffClient, database, folder string) ([]string, error) {
	// A stream that the server has ended says why in Recv, not in Send.
	if err := sendFiles(stream, database, folder); err != nil && err != io.EOF {
		return nil, err
	}
	var lines []string
	for {
		answer, err := stream.Recv()
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		if step := answer.GetEvent().GetStep(); step != nil {
			lines = append(lines, step.Statement)
		}
		if refusal := answer.GetEvent().GetRefusal(); refusal != nil {
			lines = append(lines, fmt.Sprintf("refused: %s: %s", refusal.Object, refusal.Reason))
		}
	}
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: schemagate DATABASE FOLDER")
	}
	channel, err := connection.Connect()
	if err != nil {
		log.Fatal(err)
	}
	defer channel.Close()
	var lines []string
	err = connection.Retrying(func() error {
		stream, err := pb.NewSchemaServiceClient(channel).Diff(connection.Context())
		if err != nil {
			return err
		}
		lines, err = differences(stream, os.Args[1], os.Args[2])
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range lines {
		fmt.Println(line)
	}
	if len(lines) > 0 {
		os.Exit(1)
	}
}
