interface ErrorShape {
  /** The code of the older query protocol, which the SDK puts in `e.Code`. */
  queryCode: string;
  status: number;
  /** Part of the SQS model; the others come from the service framework and have no class in the SDK. */
  modelled: boolean;
}

const sqs = (queryCode: string, status = 400): ErrorShape => ({ queryCode, status, modelled: true });
const common = (queryCode: string, status = 400): ErrorShape => ({ queryCode, status, modelled: false });

/**
 * Every error that the queue answers: its name in the SDK, the legacy code and the HTTP status. Source: the error traits
 * of the SDK's own model, and for the others the common errors of the SQS API reference.
 */
const SHAPES = {
  BatchEntryIdsNotDistinct: sqs('AWS.SimpleQueueService.BatchEntryIdsNotDistinct'),
  BatchRequestTooLong: sqs('AWS.SimpleQueueService.BatchRequestTooLong'),
  EmptyBatchRequest: sqs('AWS.SimpleQueueService.EmptyBatchRequest'),
  InvalidAddress: sqs('InvalidAddress', 404),
  InvalidAttributeName: sqs('InvalidAttributeName'),
  InvalidAttributeValue: sqs('InvalidAttributeValue'),
  InvalidBatchEntryId: sqs('AWS.SimpleQueueService.InvalidBatchEntryId'),
  InvalidMessageContents: sqs('InvalidMessageContents'),
  KmsThrottled: sqs('KMS.ThrottlingException'),
  MessageNotInflight: sqs('AWS.SimpleQueueService.MessageNotInflight'),
  OverLimit: sqs('OverLimit', 403),
  PurgeQueueInProgress: sqs('AWS.SimpleQueueService.PurgeQueueInProgress', 403),
  QueueDeletedRecently: sqs('AWS.SimpleQueueService.QueueDeletedRecently'),
  QueueDoesNotExist: sqs('AWS.SimpleQueueService.NonExistentQueue'),
  QueueNameExists: sqs('QueueAlreadyExists'),
  ReceiptHandleIsInvalid: sqs('ReceiptHandleIsInvalid', 404),
  RequestThrottled: sqs('RequestThrottled', 403),
  TooManyEntriesInBatchRequest: sqs('AWS.SimpleQueueService.TooManyEntriesInBatchRequest'),
  UnsupportedOperation: sqs('AWS.SimpleQueueService.UnsupportedOperation'),
  AccessDenied: common('AccessDenied', 403),
  IncompleteSignature: common('IncompleteSignature', 403),
  InternalError: common('InternalError', 500),
  InvalidAction: common('InvalidAction'),
  InvalidClientTokenId: common('InvalidClientTokenId', 403),
  InvalidParameterValue: common('InvalidParameterValue'),
  MethodNotAllowed: common('MethodNotAllowed', 405),
  MissingAuthenticationToken: common('MissingAuthenticationToken', 403),
  MissingParameter: common('MissingParameter'),
  RequestEntityTooLarge: common('RequestEntityTooLarge', 413),
  SerializationException: common('SerializationException'),
  ServiceUnavailable: common('ServiceUnavailable', 503),
  SignatureDoesNotMatch: common('SignatureDoesNotMatch', 403),
} as const satisfies Record<string, ErrorShape>;

export type ServiceErrorName = keyof typeof SHAPES;

const MAX_MESSAGE = 1000;

/** An error that the queue answers to its client, as opposed to a SegueError, which the owner of the sandbox sees. */
export class ServiceError extends Error {
  override readonly name: ServiceErrorName;

  constructor(name: ServiceErrorName, message: string) {
    // Messages quote the request, which can be megabytes long.
    super(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message);
    this.name = name;
  }
}

/** The HTTP status, body and `x-amzn-query-error` header of an error, as AWS JSON 1.0 with query compatibility has them. */
export function errorReply(error: ServiceError): { status: number; queryError: string; body: string } {
  const shape = SHAPES[error.name];
  const namespace = shape.modelled ? 'com.amazonaws.sqs' : 'com.amazon.coral.service';
  return {
    status: shape.status,
    queryError: `${shape.queryCode};${shape.status >= 500 ? 'Receiver' : 'Sender'}`,
    body: JSON.stringify({ __type: `${namespace}#${error.name}`, message: error.message }),
  };
}

export interface BatchFailure {
  Id: string;
  SenderFault: boolean;
  Code: string;
  Message: string;
}

/** One element of `Failed` in a batch answer. */
export function batchFailure(id: string, error: ServiceError): BatchFailure {
  const shape = SHAPES[error.name];
  return { Id: id, SenderFault: shape.status < 500, Code: shape.queryCode, Message: error.message };
}

export function missingParameter(name: string): ServiceError {
  return new ServiceError('MissingParameter', `The request must contain the parameter ${name}.`);
}

export function invalidValue(parameter: string, value: string | number, reason: string): ServiceError {
  return new ServiceError(
    'InvalidParameterValue',
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );
}
