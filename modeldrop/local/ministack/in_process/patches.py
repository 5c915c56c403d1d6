"""Patches of MiniStack: corrections where it differs from AWS, and hooks of our own.

Each patch replaces a text of the pinned version, and gives the reason. A reason says what AWS does;
one in parentheses says what a hook is for.
"""

from __future__ import annotations

from dataclasses import dataclass

_ARCHIVES = '__import__("modeldrop.local.ministack.in_process.lambda_archives", fromlist=["*"])'
_QUERIES = '__import__("modeldrop.local.ministack.in_process.query_definitions", fromlist=["*"])'
_FAULTS = '__import__("modeldrop.local.ministack.in_process.fault_injection", fromlist=["*"])'
_FORKS = '__import__("modeldrop.local.ministack.in_process.fork_server", fromlist=["*"])'
_ROUTER = '__import__("modeldrop.local.ministack.in_process.router", fromlist=["*"])'
_SIMULATION = '__import__("modeldrop.local.ministack.in_process.policy_simulation", fromlist=["*"])'
_STATE_DATA = '__import__("modeldrop.local.ministack.in_process.state_data", fromlist=["*"])'
_SCHEDULES = '__import__("modeldrop.local.ministack.in_process.schedules", fromlist=["*"])'
_WAIT_SCALE = 'float(__import__("os").environ["SFN_WAIT_SCALE"])'


@dataclass(frozen=True)
class Patch:
    """A replacement in one module."""

    module: str
    reason: str
    old: str
    new: str


PATCHES = (
    Patch(
        module="ministack.core.lambda_runtime",
        reason="errorType is the class name of the exception, which Retry and Catch match",
        old='"error": str(e), "trace": traceback.format_exc()}',
        new='"error": str(e), "type": type(e).__name__, "trace": traceback.format_exc()}',
    ),
    Patch(
        module="ministack.services.lambda_svc",
        reason="errorType is the class name also in the response to the invocation",
        old='            error_type = "Runtime.HandlerError"\n            if _RIE_TIMEOUT',
        new='            error_type = result.get("type", "Runtime.HandlerError")\n'
        "            if _RIE_TIMEOUT",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="output of a function or its children on file descriptor 1 goes to the log; "
        "MiniStack mixes it with the worker's responses",
        old="    _real_stdout = sys.stdout\n    sys.stdout = sys.stderr\n",
        new='    _real_stdout = os.fdopen(os.dup(1), "w")\n'
        "    os.dup2(2, 1)\n"
        "    sys.stdout = sys.stderr\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="a function can import the standard library, its layers and its code; in MiniStack "
        "also MiniStack's packages. (AWS adds its own boto3, but our layers pin one. A forked "
        "process starts with a ninth of the CPU time.)",
        old="        self._proc = subprocess.Popen(\n            [binary, worker_path],\n",
        new=f"        self._proc = {_FORKS}.start(\n            [binary, worker_path],\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="an exception of a handler ends the invocation, but not its environment, so a retry "
        "is a warm start",
        old='            if response.get("status") == "error":\n                proc, self._proc',
        new='            if response.get("status") == "error" and "type" not in response:\n'
        "                proc, self._proc",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="the code is ready in /var/task; MiniStack unpacks it for each environment",
        old='        code_dir = os.path.join(self._tmpdir, "code")\n        os.makedirs(code_dir)\n'
        '        with open(os.path.join(self._tmpdir, "code.zip"), "wb") as f:\n'
        "            f.write(self.code_zip)\n"
        '        with zipfile.ZipFile(os.path.join(self._tmpdir, "code.zip")) as zf:\n'
        "            zf.extractall(code_dir)\n",
        new=f"        code_dir = {_ARCHIVES}.unpacked(self.code_zip)\n"
        '        if not runtime.startswith("python"):  # links of Node.js layers are added to it\n'
        '            code_dir = shutil.copytree(code_dir, os.path.join(self._tmpdir, "code"))\n',
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="a layer is ready in /opt; MiniStack unpacks it for each environment, which takes "
        "seconds",
        old="                    layer_dir = os.path.join(self._tmpdir, "
        'f"layer_{len(layers_dirs)}")\n'
        "                    os.makedirs(layer_dir)\n",
        new=f"                    layers_dirs.append({_ARCHIVES}.unpacked(layer_data))\n"
        "                    continue\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="(this computer is small: a burst of invocations must not start a process for each)",
        old="\n_LOCAL_MAX_WORKERS = 0\n",
        new='\n_LOCAL_MAX_WORKERS = int(os.environ["LAMBDA_MAX_ENVIRONMENTS"])\n',
    ),
    Patch(
        module="ministack.services.lambda_svc",
        reason="an invocation waits for a free environment, as if its start took longer; MiniStack "
        "throttles it",
        old="    # here is purely the warm-subprocess resource ceiling.\n"
        "    _ensure_reaper_thread()\n"
        "    worker, reason = acquire_worker("
        "func_name, config, code_zip, qualifier=qualifier)\n",
        new="    _ensure_reaper_thread()\n"
        "    while True:\n"
        "        worker, reason = acquire_worker("
        "func_name, config, code_zip, qualifier=qualifier)\n"
        "        if worker is not None:\n"
        "            break\n"
        "        time.sleep(0.02)\n",
    ),
    Patch(
        module="ministack.core.iam_actions",
        reason="IAM evaluates DeleteAlarms, DescribeAlarms and TagResource against the alarms",
        old='        name = _param(body, query_params, "AlarmName")\n        if name:\n',
        new='        tagged = _param(body, query_params, "ResourceARN")\n'
        "        if tagged:\n"
        "            return tagged\n"
        '        name = _param(body, query_params, "AlarmName", "AlarmNames")\n'
        "        name = name[0] if isinstance(name, list) else name\n"
        "        if name:\n",
    ),
    Patch(
        module="ministack.core.iam_actions",
        reason="IAM evaluates the actions on a log stream against its ARN (service authorization "
        "reference, CloudWatch Logs)",
        old='        name = _safe_json_field(body, "logGroupName")\n        if name:\n',
        new='        name = _safe_json_field(body, "logGroupName")\n'
        '        stream = _safe_json_field(body, "logStreamName")\n'
        '        if stream and action in {"DeleteLogStream", "GetLogEvents", "PutLogEvents"}:\n'
        '            name = f"{name}:log-stream:{stream}"\n'
        "        if name:\n",
    ),
    Patch(
        module="ministack.core.iam_evaluator",
        reason="requests use TLS, which our bucket policies require; loopback requests do not",
        old="        return str(ctx.secure_transport).lower()\n",
        new='        return "true"\n',
    ),
    Patch(
        module="ministack.services.iam",
        reason="SimulatePrincipalPolicy evaluates ContextEntries, each resource and the boundary",
        old='    "SimulatePrincipalPolicy": _simulate_principal_policy,\n',
        new=f'    "SimulatePrincipalPolicy": {_SIMULATION}.simulate,\n',
    ),
    Patch(
        module="ministack.services.cloudwatch",
        reason="an alarm's TreatMissingData applies; MiniStack ignores it. The local SageMaker "
        "alone evaluates the alarms on its metrics (alarm_evaluation.py)",
        old="    if not ns or not mn:\n        return\n\n    all_pts = []",
        new='    if not ns or not mn or ns == "AWS/SageMaker":\n        return\n\n    all_pts = []',
    ),
    Patch(
        module="ministack.services.cloudwatch",
        reason="an alarm watches only its own dimensions; MiniStack counts all dimensions",
        old="    for (k_ns, k_mn, _), pts in _metrics.items():\n"
        "        if k_ns == ns and k_mn == mn:\n            all_pts",
        new='    watched = _dims_key(_dims_from_list(alarm.get("Dimensions") or []))\n'
        "    for (k_ns, k_mn, k_dims), pts in _metrics.items():\n"
        "        if k_ns == ns and k_mn == mn and k_dims == watched:\n            all_pts",
    ),
    Patch(
        module="ministack.services.cloudformation.provisioners",
        reason="CloudFormation supports AWS::Logs::QueryDefinition",
        old='    "AWS::CloudWatch::Dashboard": {\n',
        new=f'    "AWS::Logs::QueryDefinition": {_QUERIES}.PROVISIONER,\n'
        '    "AWS::CloudWatch::Dashboard": {\n',
    ),
    Patch(
        module="ministack.services.cloudwatch_logs",
        reason="DescribeQueryDefinitions lists query definitions",
        old='        "StartQuery": _start_query,\n',
        new='        "DescribeQueryDefinitions":\n'
        f"            lambda data: json_response({_QUERIES}.describe(data)),\n"
        '        "StartQuery": _start_query,\n',
    ),
    Patch(
        module="ministack.app",
        reason="PutMetricData has the condition key cloudwatch:namespace",
        old='                if service == "s3"\n                else None\n            )\n',
        new='                if service == "s3"\n'
        '                else {"cloudwatch:namespace": json.loads(body).get("Namespace", "")}\n'
        '                if iam_action == "cloudwatch:PutMetricData" and body[:1] == b"{"\n'
        "                else None\n            )\n",
    ),
    Patch(
        module="ministack.services.s3",
        reason="events of a versioned bucket have the object's version-id; deletion events have "
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
        reason="a crashed process is Runtime.ExitError; the cause has the signal or exit status",
        old='result_box.append({"status": "error", "error": "Worker process died"})\n',
        new=f"result_box.append({_FAULTS}.exit_report(\n"
        "                                self._proc, injected, request_id, timeout))\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="a timeout is Sandbox.Timedout; the cause starts with the request id",
        old='                    "error": f"Task timed out after {timeout}.00 seconds",\n'
        '                    "cold_start": cold,\n',
        new=f"                    **{_FAULTS}.timeout_report(request_id, timeout),\n"
        '                    "cold_start": cold,\n',
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="(fault injection: select a fault for this invocation)",
        old="            # Only what genuinely differs per invocation.",
        new=f"            injected = {_FAULTS}.execution_fault(self.func_name, event)\n"
        "            # Only what genuinely differs per invocation.",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="(fault injection: pass it to the worker)",
        old='                    "durable": durable or {},\n                },\n            }\n'
        "            result_box",
        new='                    "durable": durable or {},\n'
        '                    "injected": injected or "",\n                },\n            }\n'
        "            result_box",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="(fault injection: the worker kills itself before or after its handler)",
        old="            result = handler_fn(event, context)\n",
        new='            if _ms_ctx.get("injected", "").endswith("before"):\n'
        "                os.kill(os.getpid(), 9)\n"
        "            try:\n"
        "                result = handler_fn(event, context)\n"
        "            finally:\n"
        '                if _ms_ctx.get("injected", "").endswith("after"):\n'
        "                    os.kill(os.getpid(), 9)\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="a throttled invocation is Lambda.TooManyRequestsException (and fault injection)",
        old="    exec_record = lambda_svc._execution_record_for_config(func, config)\n"
        "    result = lambda_svc._execute_function_with_config_scope(exec_record, event)\n",
        new=f"    rejected = {_FAULTS}.invoke_error(func_name, event)\n"
        "    if rejected:\n"
        "        raise _ExecutionError(*rejected)\n"
        "    exec_record = lambda_svc._execution_record_for_config(func, config)\n"
        "    result = lambda_svc._execute_function_with_config_scope(exec_record, event)\n"
        '    if result.get("throttle"):\n'
        '        raise _ExecutionError("Lambda.TooManyRequestsException",'
        ' result["body"]["message"])\n',
    ),
    Patch(
        module="ministack.app",
        reason="AWS rejects requests that no known caller signed; MiniStack treats them as those "
        "of the account's root user. (One URL serves all services, and rejects web pages.)",
        old='    """ASGI application entry point."""\n',
        new='    """ASGI application entry point."""\n'
        f"    receive = await {_ROUTER}.serve(scope, receive, send)\n"
        "    if receive is None:\n"
        "        return\n",
    ),
    Patch(
        module="ministack.core.lambda_runtime",
        reason="credentials of a function are secret; MiniStack derives them from its ARN alone",
        old='    digest = hashlib.sha256(f"{function_arn}:{role_arn}".encode()).hexdigest()\n',
        new='    secret = os.environ["AWS_SECRET_ACCESS_KEY"]\n'
        '    digest = hashlib.sha256(f"{function_arn}:{role_arn}:{secret}".encode()).hexdigest()\n',
    ),
    Patch(
        module="ministack.app",
        reason="(fault injection into AWS services)",
        old="    status, resp_headers, resp_body = await _dispatch_service_request(\n"
        "        method,",
        new=f"    status, resp_headers, resp_body = await {_FAULTS}.dispatch(\n"
        "        _dispatch_service_request, method,",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="StartExecution is idempotent: with the name and input of a running execution it "
        "returns that execution (API reference, StartExecution)",
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
        reason="assignments see the values of variables on entry to the state (developer guide, "
        '"Passing data between states with variables")',
        old="    for name, template in assign.items():\n"
        "        variables[name] = _apply_jsonata_template(\n"
        "            template, raw_input, ctx,\n"
        "            result=result, error_output=error_output,\n"
        "        )\n",
        new="    variables.update(_within_limit(ctx, {\n"
        "        name: _apply_jsonata_template(\n"
        "            template, raw_input, ctx, result=result, error_output=error_output)\n"
        "        for name, template in assign.items()\n"
        "    }))\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="the data of a state is limited to 262,144 bytes (developer guide, quotas)",
        old="\n\ndef _iso_to_epoch_ms(iso):\n",
        new="\n\ndef _within_limit(ctx, value):\n"
        f'    error = {_STATE_DATA}.error_of(ctx.get("State", {{}}).get("Name", ""), value)\n'
        "    if error:\n"
        "        raise _ExecutionError(*error)\n"
        "    return value\n"
        "\n\ndef _iso_to_epoch_ms(iso):\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="the limit also applies to the input of a task after Arguments",
        old="                effective = _apply_jsonata_arguments(state_def, raw_input, ctx)\n"
        "\n            _add_event(",
        new="                effective = _apply_jsonata_arguments(state_def, raw_input, ctx)\n"
        "            _within_limit(ctx, effective)\n"
        "\n            _add_event(",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="the limit also applies to the output of a task",
        old='            _add_event(execution, "TaskSucceeded", {\n',
        new="            _within_limit(ctx, task_result)\n"
        '            _add_event(execution, "TaskSucceeded", {\n',
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="the limit also applies to the output of a state",
        old='            _add_event(execution, f"{state_type}StateExited", {\n',
        new="            _within_limit(ctx, current_input)\n"
        '            _add_event(execution, f"{state_type}StateExited", {\n',
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="States.ALL matches neither States.DataLimitExceeded nor States.Runtime",
        old='    if "States.ALL" in error_equals or error in error_equals:\n'
        "        return True\n"
        '    return "States.TaskFailed" in error_equals and error != "States.Timeout"\n',
        new=f"    return {_STATE_DATA}.matches(error_equals, error)\n",
    ),
    Patch(
        module="ministack.services.stepfunctions",
        reason="MaxDelaySeconds limits the retry delay, JitterStrategy FULL randomizes it; a "
        "stopped execution does not retry",
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
        reason="a stopped execution stays ABORTED, whatever its last task does",
        old='    execution["status"] = "FAILED"\n',
        new='    if execution["status"] != "RUNNING":\n        return\n'
        '    execution["status"] = "FAILED"\n',
    ),
    Patch(
        module="ministack.services.sns",
        reason="MessageStructure=json requires a JSON object with a default text; otherwise "
        "Publish fails (Publish API reference)",
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
        module="ministack.services.lambda_svc",
        reason="(a custom runtime reads its events from a port without authentication, on which "
        "every user of this computer could read them and answer)",
        old='        if runtime.startswith("provided"):\n            # A durable invocation needs',
        new='        if runtime.startswith("provided"):\n'
        "            message = "
        '"The local cloud runs no custom runtimes (provided.*). Use Python or Node.js."'
        '\n            body = {"errorMessage": message, "errorType": "Runtime.InvalidEntrypoint"}\n'
        '            result = {"body": body, "error": True}\n'
        '        elif runtime.startswith("provided"):\n'
        "            # A durable invocation needs",
    ),
    Patch(
        module="ministack.services.eventbridge",
        reason="(wait_scale also applies to the rates of schedules)",
        old="    n, unit = int(m.group(1)), m.group(2)\n",
        new=f"    n, unit = int(m.group(1)) * {_WAIT_SCALE}, m.group(2)\n",
    ),
    Patch(
        module="ministack.services.eventbridge",
        reason="(wait_scale: check schedules more often)",
        old="_SCHEDULER_TICK_INTERVAL = 10  #",
        new=f"_SCHEDULER_TICK_INTERVAL = 10 * min(1, {_WAIT_SCALE})  #",
    ),
    Patch(
        module="ministack.services.scheduler",
        reason="(wait_scale: check the schedules of EventBridge Scheduler more often)",
        old="_SCHEDULE_TICK_INTERVAL = 10  #",
        new=f"_SCHEDULE_TICK_INTERVAL = 10 * min(1, {_WAIT_SCALE})  #",
    ),
    Patch(
        module="ministack.services.scheduler",
        reason="CreateSchedule checks the time zone, and that Scheduler may assume the role",
        old="    # Validate group exists\n    if group != ",
        new=f"    refusal = {_SCHEDULES}.refusal(body)\n"
        "    if refusal:\n"
        '        return _error(400, "ValidationException", refusal)\n'
        "    # Validate group exists\n    if group != ",
    ),
    Patch(
        module="ministack.services.scheduler",
        reason="a cron expression is in the schedule's time zone",
        old="                    next_fire = _eb._cron_next_fire(fields, last_dt)\n",
        new=f"                    next_fire = {_SCHEDULES}.next_time(\n"
        "                        _eb._cron_next_fire, fields, last_dt, sched)\n",
    ),
    Patch(
        module="ministack.services.scheduler",
        reason="the schedule's role needs the permission; the input may contain the scheduled time",
        old="                _eb._invoke_target(target, event, sched)\n",
        new=f"                {_SCHEDULES}.fire(_eb._invoke_target, target, event, sched)\n",
    ),
    Patch(
        module="jsonata.timebox",
        reason="a JSONata expression may take a second (Step Functions developer guide). (Here "
        "it is CPU time, so that expressions do not fail on a busy computer.)",
        old="        return round(time.time() * 1000)\n",
        new="        return round(time.thread_time() * 1000)\n",
    ),
    Patch(
        module="ministack.services.cloudwatch",
        reason="(MiniStack searches for metrics older than two weeks at every request, which takes "
        "more of its time than anything else. Once a minute is enough.)",
        old="    _evict_old_metrics()\n\n    handlers = ",
        new="    if int(time.time()) % 60 == 0:\n        _evict_old_metrics()\n\n    handlers = ",
    ),
)
