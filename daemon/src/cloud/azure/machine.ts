import { at, parseJson, textOf } from '../json-answer.ts';

/** What the metadata service says of this machine beside who it is; undefined where it does not tell. */
export type Machine = {
  /** Its path in the API, such as `/subscriptions/…/virtualMachines/name`; empty where it is not told. */
  resourceId: string;
  /** `AzurePublicCloud`, or another one's name. */
  environment: string | undefined;
  /** The scale set that it is a member of; null where there is none. */
  scaleSet: string | null | undefined;
  /** Whether its system disk is lost with its place: such a machine cannot be deallocated. */
  ephemeralSystemDisk: boolean;
  /** Whether it has a temporary disk, which a deallocation empties. */
  temporaryDisk: boolean | undefined;
};

/** The body of `/metadata/instance/compute` (Azure documentation, "Azure Instance Metadata Service"). Pure. */
export function parseMachine(body: string): Machine {
  const compute = parseJson(body);
  const scaleSet = textOf(at(compute, 'vmScaleSetName'));
  const temporary = textOf(at(compute, 'storageProfile', 'resourceDisk', 'size'));
  return {
    resourceId: textOf(at(compute, 'resourceId')) ?? '',
    environment: textOf(at(compute, 'azEnvironment')),
    scaleSet: scaleSet === undefined ? undefined : scaleSet || null,
    ephemeralSystemDisk: textOf(at(compute, 'storageProfile', 'osDisk', 'diffDiskSettings', 'option')) === 'Local',
    temporaryDisk: temporary === undefined || !/^\d+$/.test(temporary) ? undefined : Number(temporary) > 0,
  };
}

/** Local NVMe disks, temporary ones too, are not in the metadata service's list; remote ones call themselves an accelerator. */
const LOCAL_NVME = /^Microsoft NVMe Direct Disk/;
const MOST_CONTROLLERS = 32;

/** Whether this machine has local NVMe disks, by the models that Linux tells (Azure documentation, "Identify local NVMe disks"). */
export function hasLocalNvme(readFile: (path: string) => string | undefined): boolean {
  const models = Array.from({ length: MOST_CONTROLLERS }, (_, index) => readFile(`/sys/class/nvme/nvme${index}/model`));
  return models.some((model) => LOCAL_NVME.test(model?.trim() ?? ''));
}
