"""A small contract, and a small document of the kind that Dify publishes which says the same.

As there: OpenAPI 3.0, inline schemas, closed lists of values, `nullable`, the apps that an
operation is for in its text, error codes in examples, events in a mapping without a union.
"""

from __future__ import annotations

from typing import Any

from generator.document import read_yaml

OURS: dict[str, Any] = read_yaml("""
paths:
  /workflows/run:
    post:
      parameters: [{name: trace, in: header, schema: {type: string}}]
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/RunBody'}}}
      responses:
        '200':
          content:
            application/json: {schema: {$ref: '#/components/schemas/RunResult'}}
            text/event-stream: {schema: {$ref: '#/components/schemas/WorkflowEvent'}}
        '400':
          description: |
            - `invalid_param`: the body is wrong: `user` is missing.
            - `not_found`, `quota_exceeded`: something is missing, see
              `other_thing`.
          content: {application/json: {}}
  /workflows/tasks/{task_id}/stop:
    post:
      parameters:
        - {name: task_id, in: path, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer}}
      responses: {'204': {description: Nothing.}}
components:
  schemas:
    RunBody:
      required: [inputs]
      properties:
        inputs: {type: object}
        mode: {type: string, enum: [blocking, streaming]}
    RunResult:
      required: [id]
      properties:
        id: {type: string}
        error: {type: [string, 'null']}
        took: {type: number}
        owner: {anyOf: [{$ref: '#/components/schemas/Owner'}, {type: 'null'}]}
        files: {type: array, items: {$ref: '#/components/schemas/File'}}
        by_name: {type: object, additionalProperties: {type: integer}}
        anything: {description: Any value.}
    Owner:
      allOf:
        - {type: object, properties: {id: {type: string}}}
        - {type: object, properties: {name: {type: string}}}
    File: {type: object, properties: {url: {type: string}}}
    WorkflowEvent:
      oneOf: [{$ref: '#/components/schemas/NodeEvent'}]
      discriminator:
        mapping: {node: '#/components/schemas/NodeEvent'}
    NodeEvent:
      properties: {event: {const: node}, data: {$ref: '#/components/schemas/NodeData'}}
    NodeData: {type: object, properties: {title: {type: string}}}
""")

PUBLISHED: dict[str, Any] = read_yaml("""
paths:
  /workflows/run:
    post:
      description: "**Available for**: Workflow apps.\\n\\nRuns it."
      parameters: [{name: trace, in: header, schema: {type: string}}]
      requestBody:
        content:
          application/json:
            schema:
              required: [inputs]
              properties:
                inputs: {type: object, additionalProperties: true}
                mode: {type: string, enum: [streaming, blocking]}
      responses:
        '200':
          content:
            application/json:
              schema:
                properties:
                  id: {type: string}
                  error: {type: string, nullable: true}
                  took: {type: number, format: float}
                  owner:
                    type: object
                    nullable: true
                    properties: {id: {type: string}, name: {type: string}}
                  files: {type: array, items: {$ref: '#/components/schemas/File'}}
                  by_name: {type: object, additionalProperties: {type: integer}}
                  anything: {}
            text/event-stream: {schema: {type: string}}
        '400':
          description: '`not_found` : Something is missing.'
          content:
            application/json:
              examples:
                invalid_param: {value: {code: invalid_param, status: 400}}
                quota_exceeded: {value: {code: quota_exceeded, status: 400}}
                text: {value: Only words.}
  /workflows/tasks/{id}/stop:
    post:
      description: "**Available for**: Chatflow, Workflow apps."
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer, format: int64}}
      responses: {'204': {description: Nothing.}}
  /chat-messages:
    post: {description: "**Available for**: Chatflow, Chatbot apps.", responses: {}}
components:
  schemas:
    File: {type: object, properties: {url: {type: string}}}
    ChunkWorkflowEvent:
      properties: {event: {type: string, enum: [node]}}
      discriminator: {propertyName: event, mapping: {node: '#/components/schemas/StreamNode'}}
    StreamNode:
      allOf:
        - $ref: '#/components/schemas/ChunkWorkflowEvent'
        - {type: object, properties: {data: {type: object, properties: {title: {type: string}}}}}
""")

# As Dify's server writes it: other names, parts under `$defs`, null as a member of `anyOf`, streams
# as strings, errors without schemas, and no word of the apps that an operation is for.
GENERATED: dict[str, Any] = read_yaml("""
paths:
  /workflows/run:
    post:
      parameters: [{name: trace, in: header, schema: {anyOf: [{type: string}]}}]
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/RunPayloadWithUser'}}}
      responses:
        '200':
          content:
            application/json: {schema: {$ref: '#/components/schemas/RunResponse'}}
            text/event-stream: {schema: {type: string}}
        '400':
          description: "- `not_found` : Gone. \\n- `invalid_param`, `quota_exceeded` : Wrong."
          content: {application/json: {}}
  /workflows/tasks/{task}/stop:
    post:
      parameters:
        - {name: task, in: path, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer}}
      responses: {'204': {description: Stopped.}}
components:
  schemas:
    RunPayloadWithUser:
      required: [inputs]
      properties:
        inputs: {type: object, additionalProperties: true}
        mode: {$ref: '#/$defs/Mode'}
      $defs: {Mode: {type: string, enum: [blocking, streaming]}}
    RunResponse:
      required: [id]
      properties:
        id: {type: string}
        error: {anyOf: [{type: string}, {type: 'null'}]}
        took: {type: number}
        owner: {anyOf: [{$ref: '#/$defs/Owner'}, {type: 'null'}]}
        files: {type: array, items: {$ref: '#/components/schemas/FileResponse'}}
        by_name: {type: object, additionalProperties: {type: integer}}
        anything: true
      $defs: {Owner: {type: object, properties: {id: {type: string}, name: {type: string}}}}
    FileResponse: {type: object, properties: {url: {type: string}}}
""")
