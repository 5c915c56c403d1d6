"""Where MiniStack is corrected, since AWS behaves otherwise or since a test orders faults there.

Each names a text of the pinned version, what stands there instead, and how AWS behaves.
"""

from __future__ import annotations

from dataclasses import dataclass

_QUERIES = '__import__("modeldrop.local.ministack.query_definitions", fromlist=["*"])'
_FAULTS = '__import__("modeldrop.local.ministack.fault_injection", fromlist=["*"])'
_FRONT = '__import__("modeldrop.local.ministack.router", fromlist=["*"])'
_WAIT_SCALE = 'float(__import__("os").environ["SFN_WAIT_SCALE"])'


@dataclass(frozen=True)
class Patch:
    """One replaced text of one module, and how AWS behaves there."""

    module: str
    aws: str
    old: str
    new: str


PATCHES = (
    Patch(
        module="ministack.core.lambda_runtime",
        aws="errorType is the exception's class name: named Retry and Catch match on it",
        old='"error": str(e), "trace": traceback.format_exc()}',
        new='"error": str(e), "type": type(e).__name__, "trace": traceback.format_exc()}',
    ),
    Patch(
        module="ministack.services.lambda_svc",
        aws="the same; this is where the worker's answer becomes the invocation's",
        old='            error_type = "Runtime.HandlerError"\n            if _RIE_TIMEOUT',
        new='            error_type = result.get("type", "Runtime.HandlerError")\n'
        "            if _RIE_TIMEOUT",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="what a function or its child writes to file descriptor 1 goes to the log; "
        "here it went between the lines of the worker's answers",
        old="    _real_stdout = sys.stdout\n    sys.stdout = sys.stderr\n",
        new='    _real_stdout = os.fdopen(os.dup(1), "w")\n'
        "    os.dup2(2, 1)\n"
        "    sys.stdout = sys.stderr\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="a function sees the standard library, its layers and its code; here MiniStack's own "
        "packages hid what a layer lacked (AWS adds its own boto3, which our layers pin anyway)",
        old="            [binary, worker_path],\n            cwd=code_dir,",
        new='            [binary, *(["-S"] if ext == ".py" else []), worker_path],\n'
        "            cwd=code_dir,",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="an exception of the handler ends the invocation, not its environment: a retry is warm",
        old='            if response.get("status") == "error":\n                proc, self._proc',
        new='            if response.get("status") == "error" and "type" not in response:\n'
        "                proc, self._proc",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="a layer lies ready in /opt; here each environment unpacked it anew, which made each "
        "function's first call seconds slower (of two that unpack at once the first wins)",
        old="                    layer_dir = os.path.join(self._tmpdir, "
        'f"layer_{len(layers_dirs)}")\n'
        "                    os.makedirs(layer_dir)\n",
        new="                    shared_dir = os.path.join(\n"
        "                        tempfile.gettempdir(),\n"
        '                        "layer-" + hashlib.sha256(layer_data).hexdigest()[:32])\n'
        "                    if os.path.isdir(shared_dir):\n"
        "                        layers_dirs.append(shared_dir)\n"
        "                        continue\n"
        "                    layer_dir = os.path.join(self._tmpdir, "
        'f"layer_{len(layers_dirs)}")\n'
        "                    os.makedirs(layer_dir)\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="the second half of the correction before this one",
        old="                    layers_dirs.append(layer_dir)\n            except RuntimeError:",
        new="                    with __import__('contextlib').suppress(OSError):\n"
        "                        os.rename(layer_dir, shared_dir)\n"
        "                    layers_dirs.append(shared_dir)\n            except RuntimeError:",
    ),
    Patch(
        module="ministack.core.iam_actions",
        aws="DeleteAlarms, DescribeAlarms and TagResource are judged by the alarms that they name",
        old='        name = _param(body, query_params, "AlarmName")\n        if name:\n',
        new='        tagged = _param(body, query_params, "ResourceARN")\n'
        "        if tagged:\n"
        "            return tagged\n"
        '        name = _param(body, query_params, "AlarmName", "AlarmNames")\n'
        "        name = name[0] if isinstance(name, list) else name\n"
        "        if name:\n",
    ),
    Patch(
        module="ministack.core.iam_evaluator",
        aws="requests arrive by TLS, which our bucket policies demand; the loopback has none",
        old="        return str(ctx.secure_transport).lower()\n",
        new='        return "true"\n',
    ),
    Patch(
        module="ministack.services.cloudwatch",
        aws="missing data is treated as an alarm says; here it changed nothing. The "
        "local SageMaker judges the alarms on its metrics (alarm_evaluation.py), and alone",
        old="    if not ns or not mn:\n        return\n\n    all_pts = []",
        new='    if not ns or not mn or ns == "AWS/SageMaker":\n        return\n\n    all_pts = []',
    ),
    Patch(
        module="ministack.services.cloudwatch",
        aws="an alarm watches one metric's dimensions; here any dimensions' numbers counted",
        old="    for (k_ns, k_mn, _), pts in _metrics.items():\n"
        "        if k_ns == ns and k_mn == mn:\n            all_pts",
        new='    watched = _dims_key(_dims_from_list(alarm.get("Dimensions") or []))\n'
        "    for (k_ns, k_mn, k_dims), pts in _metrics.items():\n"
        "        if k_ns == ns and k_mn == mn and k_dims == watched:\n            all_pts",
    ),
    Patch(
        module="ministack.services.cloudformation.provisioners",
        aws="AWS::Logs::QueryDefinition is a resource",
        old='    "AWS::CloudWatch::Dashboard": {\n',
        new=f'    "AWS::Logs::QueryDefinition": {_QUERIES}.PROVISIONER,\n'
        '    "AWS::CloudWatch::Dashboard": {\n',
    ),
    Patch(
        module="ministack.services.cloudwatch_logs",
        aws="DescribeQueryDefinitions lists them",
        old='        "StartQuery": _start_query,\n',
        new='        "DescribeQueryDefinitions":\n'
        f"            lambda data: json_response({_QUERIES}.describe(data)),\n"
        '        "StartQuery": _start_query,\n',
    ),
    Patch(
        module="ministack.app",
        aws="PutMetricData has the condition key cloudwatch:namespace",
        old='                if service == "s3"\n                else None\n            )\n',
        new='                if service == "s3"\n'
        '                else {"cloudwatch:namespace": json.loads(body).get("Namespace", "")}\n'
        '                if iam_action == "cloudwatch:PutMetricData" and body[:1] == b"{"\n'
        "                else None\n            )\n",
    ),
    Patch(
        module="ministack.services.s3",
        aws="events of a versioned bucket carry the object's version-id; those of a deletion carry "
        "no size (user guide, EventBridge event message structure)",
        old='"object": {"key": key, "size": size, "etag": clean_etag, '
        '"sequencer": sequencer or "0"},\n',
        new='"object": {"key": key, "etag": clean_etag, "sequencer": sequencer or "0",\n'
        "                               "
        '**({} if ":ObjectRemoved:" in event_name else {"size": size}),\n'
        '                               **({"version-id": version_id} if version_id else {})},\n',
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="a process that dies is Runtime.ExitError; the cause names signal or exit status",
        old='result_box.append({"status": "error", "error": "Worker process died"})\n',
        new=f"result_box.append({_FAULTS}.death(\n"
        "                                self._proc, befallen, request_id, timeout))\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="Sandbox.Timedout, and the cause begins with the request's id",
        old='                    "error": f"Task timed out after {timeout}.00 seconds",\n'
        '                    "cold_start": cold,\n',
        new=f"                    **{_FAULTS}.timed_out(request_id, timeout),\n"
        '                    "cold_start": cold,\n',
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="(a fault: what is to befall this invocation)",
        old="            # Only what genuinely differs per invocation.",
        new=f"            befallen = {_FAULTS}.mishap(self.func_name, event)\n"
        "            # Only what genuinely differs per invocation.",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="(the same, on its way to the worker)",
        old='                    "durable": durable or {},\n                },\n            }\n'
        "            result_box",
        new='                    "durable": durable or {},\n'
        '                    "befallen": befallen or "",\n                },\n            }\n'
        "            result_box",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        aws="(the same: the worker kills itself before or after its handler)",
        old="            result = handler_fn(event, context)\n",
        new='            if _ms_ctx.get("befallen", "").endswith("before"):\n'
        "                os.kill(os.getpid(), 9)\n"
        "            try:\n"
        "                result = handler_fn(event, context)\n"
        "            finally:\n"
        '                if _ms_ctx.get("befallen", "").endswith("after"):\n'
        "                    os.kill(os.getpid(), 9)\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        aws="a throttled invocation is Lambda.TooManyRequestsException (and a fault: refusal)",
        old="    exec_record = lambda_svc._execution_record_for_config(func, config)\n"
        "    result = lambda_svc._execute_function_with_config_scope(exec_record, event)\n",
        new=f"    refused = {_FAULTS}.refusal(func_name, event)\n"
        "    if refused:\n"
        "        raise _ExecutionError(*refused)\n"
        "    exec_record = lambda_svc._execution_record_for_config(func, config)\n"
        "    result = lambda_svc._execute_function_with_config_scope(exec_record, event)\n"
        '    if result.get("throttle"):\n'
        '        raise _ExecutionError("Lambda.TooManyRequestsException",'
        ' result["body"]["message"])\n',
    ),
    Patch(
        module="ministack.app",
        aws="one host name for each service; here one URL serves all, and no web page reaches it",
        old='    """ASGI application entry point."""\n',
        new='    """ASGI application entry point."""\n'
        f"    if await {_FRONT}.serve(scope, receive, send):\n"
        "        return\n",
    ),
    Patch(
        module="ministack.app",
        aws="(where faults of AWS's services strike)",
        old="    status, resp_headers, resp_body = await _dispatch_service_request(\n"
        "        method,",
        new=f"    status, resp_headers, resp_body = await {_FAULTS}.dispatch(\n"
        "        _dispatch_service_request, method,",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        aws="StartExecution is idempotent: the name and input of a running execution give that "
        "execution (API reference, StartExecution)",
        old="    # Reject duplicate execution names\n    if exec_arn in _executions:\n",
        new="    running = _executions.get(exec_arn)\n"
        '    if (running and running["status"] == "RUNNING"\n'
        '            and running["input"] == data.get("input", "{}")):\n'
        '        return json_response({"executionArn": exec_arn, '
        '"startDate": running["startDate"]})\n'
        "    # Reject duplicate execution names\n    if exec_arn in _executions:\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        aws="assignments see the variables as they were on entry of the state (developer guide, "
        '"Passing data between states with variables")',
        old="    for name, template in assign.items():\n"
        "        variables[name] = _apply_jsonata_template(\n"
        "            template, raw_input, ctx,\n"
        "            result=result, error_output=error_output,\n"
        "        )\n",
        new="    variables.update({\n"
        "        name: _apply_jsonata_template(\n"
        "            template, raw_input, ctx, result=result, error_output=error_output)\n"
        "        for name, template in assign.items()\n"
        "    })\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        aws="MaxDelaySeconds limits a retry's delay, JitterStrategy FULL makes it a random part of "
        "that; a stopped execution does not retry",
        old="                _scaled_sleep(min(sleep_sec, 60))\n",
        new='                longest = retrier.get("MaxDelaySeconds", sleep_sec)\n'
        "                sleep_sec = min(sleep_sec, longest)\n"
        '                if retrier.get("JitterStrategy") == "FULL":\n'
        '                    sleep_sec *= __import__("random").random()\n'
        "                _scaled_sleep(sleep_sec)\n"
        '                if execution and execution["status"] != "RUNNING":\n'
        "                    raise\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        aws="a stopped execution stays ABORTED, whatever its last task does",
        old='    execution["status"] = "FAILED"\n',
        new='    if execution["status"] != "RUNNING":\n        return\n'
        '    execution["status"] = "FAILED"\n',
    ),
    Patch(
        module="ministack.services.sns",
        aws="MessageStructure=json takes a JSON object with a default text alone, else nobody gets "
        "anything (Publish API reference)",
        old="    # AWS rejects Publish requests whose Message + MessageAttributes exceed\n",
        new='    if message_structure == "json":\n'
        "        try:\n"
        "            texts = json.loads(message)\n"
        "        except ValueError:\n"
        "            texts = None\n"
        "        if not isinstance(texts, dict):\n"
        "            raise SnsPublishError(\n"
        '                "InvalidParameter", "Invalid parameter: Message Structure - "\n'
        '                "JSON message body failed to parse")\n'
        '        if not isinstance(texts.get("default"), str):\n'
        "            raise SnsPublishError(\n"
        '                "InvalidParameter", "Invalid parameter: Message Structure - "\n'
        '                "No default entry in JSON message body")\n'
        "\n"
        "    # AWS rejects Publish requests whose Message + MessageAttributes exceed\n",
    ),
    Patch(
        module="ministack.services.eventbridge",
        aws="(wait_scale: the rates of schedules are scaled as the waits are)",
        old="    n, unit = int(m.group(1)), m.group(2)\n",
        new=f"    n, unit = int(m.group(1)) * {_WAIT_SCALE}, m.group(2)\n",
    ),
    Patch(
        module="ministack.services.eventbridge",
        aws="(wait_scale: and looked at more often)",
        old="_SCHEDULER_TICK_INTERVAL = 10  #",
        new=f"_SCHEDULER_TICK_INTERVAL = 10 * min(1, {_WAIT_SCALE})  #",
    ),
    Patch(
        module="ministack.services.scheduler",
        aws="(wait_scale: the same)",
        old="_SCHEDULE_TICK_INTERVAL = 10  #",
        new=f"_SCHEDULE_TICK_INTERVAL = 10 * min(1, {_WAIT_SCALE})  #",
    ),
)
